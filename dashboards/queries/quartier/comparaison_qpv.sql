WITH shown AS (
    SELECT departement = ${departement:sqlstring} AS same, departures, dwellings, completeness_percent, month
    FROM staff.declared_window JOIN staff.territory USING (level, territory_id)
    WHERE level = 'qpv_2024' AND window_months = 12 AND status = 'value'
)
SELECT name AS "Territoire", 100 * sum(departures) / nullif(sum(dwellings), 0) AS "Taux de départ",
    sum(departures)::bigint AS "Départs", sum(dwellings) AS "Logements",
    100 * sum(dwellings) / nullif(sum(100 * dwellings / nullif(completeness_percent, 0)), 0) AS "Complétude",
    max(month)::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à", 'value' AS "Statut"
FROM shown
JOIN (VALUES (1, 'QPV du département'), (2, 'QPV de la région')) AS compared (rank, name) ON same OR rank = 2
GROUP BY rank, name ORDER BY rank
