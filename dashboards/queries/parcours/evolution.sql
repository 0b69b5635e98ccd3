SELECT ends_at AS time,
    max(value) FILTER (WHERE indicator = 'internal_departure_rate') AS "Interne au parc social",
    max(value) FILTER (WHERE indicator = 'external_departure_rate') AS "Hors du parc social"
FROM staff.indicator
WHERE part = 'all' AND window_months = 12 AND month <= through AND $__timeFilter(ends_at)
    AND indicator IN ('internal_departure_rate', 'external_departure_rate') AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
GROUP BY ends_at ORDER BY ends_at
