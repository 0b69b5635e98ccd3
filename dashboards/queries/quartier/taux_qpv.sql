WITH quartier AS (
    SELECT month AS through FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
), others AS (
    SELECT ends_at, departement = ${departement:sqlstring} AS same, all_dwellings,
        CASE WHEN status = 'value' THEN departures END AS departures,
        CASE WHEN status = 'value' THEN dwellings END AS dwellings
    FROM staff.declared_series JOIN staff.territory USING (level, territory_id)
    WHERE level = 'qpv_2024' AND window_months = 12 AND month <= (SELECT through FROM quartier)
        AND $__timeFilter(ends_at)
)
SELECT ends_at AS time,
    CASE WHEN sum(dwellings) FILTER (WHERE same) >= max(least_completeness) * sum(all_dwellings) FILTER (WHERE same)
        THEN 100 * sum(departures) FILTER (WHERE same) / sum(dwellings) FILTER (WHERE same) END AS "QPV du département",
    CASE WHEN sum(dwellings) >= max(least_completeness) * sum(all_dwellings)
        THEN 100 * sum(departures) / sum(dwellings) END AS "QPV de la région"
FROM others CROSS JOIN staff.rule
GROUP BY ends_at ORDER BY ends_at
