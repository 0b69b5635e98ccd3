SELECT ends_at AS time, completeness_percent AS "Complétude"
FROM staff.coverage
WHERE $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY ends_at
