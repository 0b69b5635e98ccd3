SELECT ends_at AS time, rate_percent AS "Ce quartier"
FROM staff.declared_series
WHERE level = 'qpv_2024' AND window_months = 12 AND month <= through AND $__timeFilter(ends_at)
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY ends_at
