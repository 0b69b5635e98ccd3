WITH quartier AS (
    SELECT month AS through FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
), others AS (
    SELECT departement = ${departement:sqlstring} AS same, month, all_dwellings,
        CASE WHEN status = 'value' THEN departures END AS departures,
        CASE WHEN status = 'value' THEN dwellings END AS dwellings
    FROM staff.declared_series JOIN staff.territory USING (level, territory_id)
    WHERE level = 'qpv_2024' AND window_months = 12 AND month = (SELECT through FROM quartier)
)
SELECT name AS "Territoire", 100 * sum(departures) / nullif(sum(dwellings), 0) AS "Taux de départ",
    sum(departures)::bigint AS "Départs", sum(dwellings) AS "Logements",
    100 * sum(dwellings) / nullif(sum(all_dwellings), 0) AS "Complétude",
    max(month)::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à",
    CASE WHEN sum(dwellings) >= max(least_completeness) * sum(all_dwellings) THEN 'value' ELSE 'provisional' END
        AS "Statut"
FROM others
CROSS JOIN staff.rule
JOIN (VALUES (1, 'QPV du département'), (2, 'QPV de la région')) AS compared (rank, name) ON same OR rank = 2
GROUP BY rank, name ORDER BY rank
