SELECT ends_at AS time, rate_percent AS "Taux de départ"
FROM staff.generation
WHERE status IN ('value', 'provisional') AND $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY ends_at
