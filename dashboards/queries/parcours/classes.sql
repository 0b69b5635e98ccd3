SELECT CASE place WHEN 'same_qpv' THEN 'Même QPV' WHEN 'other_qpv' THEN 'Autre QPV' WHEN 'same_commune' THEN 'Commune'
        WHEN 'same_epci' THEN 'EPCI' WHEN 'departement' THEN 'Département' WHEN 'region' THEN 'Région'
        WHEN 'elsewhere' THEN 'Ailleurs' ELSE 'Inconnu' END AS "Lieu",
    departures AS "Départs", arrivals AS "Arrivées"
FROM staff.path
WHERE part = 'all' AND month = through AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY rank
