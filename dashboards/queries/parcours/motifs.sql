SELECT CASE kind WHEN 'same_landlord' THEN 'Vers le même bailleur' WHEN 'other_landlord' THEN 'Vers un autre bailleur social'
        WHEN 'rehoused' THEN 'Relogement' WHEN 'external' THEN 'Hors du parc social' ELSE 'Motif inconnu' END AS "Départ",
    departures AS "Départs", kind.status AS "Statut",
    rate.value AS "Taux", rate.lower AS "Au moins", rate.upper AS "Au plus", rate.denominator AS "Logements"
FROM staff.departure_kind AS kind
LEFT JOIN staff.indicator AS rate ON rate.territory_id = kind.territory_id AND rate.part = kind.part
    AND rate.month = kind.month AND rate.window_months = 12 AND rate.indicator = kind.kind || '_departure_rate'
WHERE kind.part = 'all' AND kind.month = kind.through AND kind.territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY rank
