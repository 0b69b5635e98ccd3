SELECT sum(departures)::bigint AS "Départs", sum(arrivals)::bigint AS "Arrivées", sum(solde)::bigint AS "Solde",
    100 * sum(departures) / nullif(sum(dwellings), 0) AS "Taux de départ",
    sum(dwellings) AS "Logements",
    100 * sum(dwellings) / nullif(sum(100 * dwellings / nullif(completeness_percent, 0)), 0) AS "Complétude",
    count(*) AS "QPV comptés"
FROM staff.declared_window
WHERE level = 'qpv_2024' AND window_months = 12 AND solde IS NOT NULL
HAVING count(*) > 0
