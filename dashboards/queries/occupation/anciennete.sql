SELECT ends_at AS time, median AS "Médiane", lower AS "Au moins", upper AS "Au plus"
FROM staff.median
WHERE part = 'all' AND indicator = 'tenure_at_departure' AND month <= through AND $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY ends_at
