SELECT CASE place WHEN 'same_qpv' THEN 'Le même QPV' WHEN 'other_qpv' THEN 'Un autre QPV'
        WHEN 'same_commune' THEN 'La même commune, hors QPV' WHEN 'same_epci' THEN 'Le même EPCI, hors commune'
        WHEN 'departement' THEN 'Le même département, hors EPCI' WHEN 'region' THEN 'La région, hors département'
        WHEN 'elsewhere' THEN 'Ailleurs' ELSE 'Inconnu' END AS "Lieu",
    path.departures AS "Départs", leaving.value AS "Part des départs",
    leaving.lower AS "Dép. min.", leaving.upper AS "Dép. max.", departures_status AS "Statut des départs",
    path.arrivals AS "Arrivées", coming.value AS "Part des arrivées",
    coming.lower AS "Arr. min.", coming.upper AS "Arr. max.", arrivals_status AS "Statut des arrivées",
    solde AS "Solde"
FROM staff.path
LEFT JOIN staff.indicator AS leaving ON leaving.territory_id = path.territory_id AND leaving.part = path.part
    AND leaving.month = path.month AND leaving.window_months = 12 AND leaving.indicator = 'left_' || place || '_share'
LEFT JOIN staff.indicator AS coming ON coming.territory_id = path.territory_id AND coming.part = path.part
    AND coming.month = path.month AND coming.window_months = 12 AND coming.indicator = 'came_' || place || '_share'
WHERE path.part = 'all' AND path.month = path.through AND path.territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY rank
