SELECT ends_at AS time,
    100 * sum(departures) FILTER (WHERE same) / nullif(sum(dwellings) FILTER (WHERE same), 0) AS "QPV du département",
    100 * sum(departures) / nullif(sum(dwellings), 0) AS "QPV de la région"
FROM staff.declared_series
JOIN staff.territory USING (level, territory_id)
CROSS JOIN LATERAL (SELECT departement = ${departement:sqlstring} AS same) AS of_departement
WHERE level = 'qpv_2024' AND window_months = 12 AND status = 'value' AND month <= through AND $__timeFilter(ends_at)
GROUP BY ends_at ORDER BY ends_at
