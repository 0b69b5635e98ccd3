SELECT ends_at AS time, CASE WHEN status IN ('value', 'provisional') THEN rate_percent END AS "Taux de départ"
FROM staff.generation
WHERE $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY ends_at
