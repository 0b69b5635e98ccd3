SELECT ends_at AS time, max(value) FILTER (WHERE indicator = 'vacancy_rate') AS "Vacance",
    max(lower) FILTER (WHERE indicator = 'vacancy_rate') AS "Au moins",
    max(upper) FILTER (WHERE indicator = 'vacancy_rate') AS "Au plus",
    max(value) FILTER (WHERE indicator = 'long_vacancy_rate') AS "Vacance de plus de 3 mois"
FROM staff.indicator
WHERE part = 'all' AND window_months = 1 AND indicator IN ('vacancy_rate', 'long_vacancy_rate') AND month <= through
    AND $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
GROUP BY ends_at ORDER BY ends_at
