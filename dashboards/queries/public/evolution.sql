WITH told AS (
    SELECT DISTINCT ON (month) month, value, lower, upper
    FROM published.indicator
    WHERE window_months = 12 AND part = 'all' AND indicator = 'departure_rate' AND territory_id
        = (SELECT territory_id FROM published.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
    ORDER BY month, vintage DESC
), ended AS (
    SELECT told.*, (month + interval '1 month')::timestamp AT TIME ZONE 'Europe/Paris' - interval '1 second' AS ends_at
    FROM told
)
SELECT ends_at AS time, value AS "Taux de départ", lower AS "Au moins", upper AS "Au plus"
FROM ended WHERE $__timeFilter(ends_at) ORDER BY ends_at
