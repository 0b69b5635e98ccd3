WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 12 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), rate AS MATERIALIZED (
    SELECT indicator, value, lower, upper, denominator FROM staff.indicator
    WHERE part = 'all' AND window_months = 12 AND territory_id = (SELECT territory_id FROM place)
        AND month = (SELECT month FROM place)
)
SELECT CASE kind WHEN 'same_landlord' THEN 'Vers le même bailleur' WHEN 'other_landlord' THEN 'Vers un autre bailleur social'
        WHEN 'rehoused' THEN 'Relogement' WHEN 'external' THEN 'Hors du parc social' ELSE 'Motif inconnu' END AS "Départ",
    departures AS "Départs", kind.status AS "Statut",
    rate.value AS "Taux", rate.lower AS "Au moins", rate.upper AS "Au plus", rate.denominator AS "Logements"
FROM staff.departure_kind AS kind
LEFT JOIN rate ON rate.indicator = kind.kind || '_departure_rate'
WHERE part = 'all' AND territory_id = (SELECT territory_id FROM place) AND month = (SELECT month FROM place)
ORDER BY rank
