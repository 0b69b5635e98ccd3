WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 12 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), share AS MATERIALIZED (
    SELECT indicator, value, lower, upper FROM staff.indicator
    WHERE part = 'all' AND window_months = 12 AND territory_id = (SELECT territory_id FROM place)
        AND month = (SELECT month FROM place)
)
SELECT CASE place WHEN 'same_qpv' THEN 'Le même QPV' WHEN 'other_qpv' THEN 'Un autre QPV'
        WHEN 'same_commune' THEN 'La même commune, hors QPV' WHEN 'same_epci' THEN 'Le même EPCI, hors commune'
        WHEN 'departement' THEN 'Le même département, hors EPCI' WHEN 'region' THEN 'La région, hors département'
        WHEN 'elsewhere' THEN 'Ailleurs' ELSE 'Inconnu' END AS "Lieu",
    departures AS "Départs", leaving.value AS "Part des départs", leaving.lower AS "Dép. min.", leaving.upper AS "Dép. max.",
    departures_status AS "Statut des départs",
    arrivals AS "Arrivées", coming.value AS "Part des arrivées", coming.lower AS "Arr. min.", coming.upper AS "Arr. max.",
    arrivals_status AS "Statut des arrivées", solde AS "Solde"
FROM staff.path
LEFT JOIN share AS leaving ON leaving.indicator = 'left_' || place || '_share'
LEFT JOIN share AS coming ON coming.indicator = 'came_' || place || '_share'
WHERE part = 'all' AND territory_id = (SELECT territory_id FROM place) AND month = (SELECT month FROM place)
ORDER BY rank
