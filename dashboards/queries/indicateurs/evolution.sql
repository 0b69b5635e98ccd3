WITH place AS (
    SELECT territory_id, month AS through FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = ${fenetre:sqlstring}::integer AND territory_id
        = (SELECT territory_id FROM staff.territory
           WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
)
SELECT ends_at AS time, max(value) FILTER (WHERE rank = 1) AS "Ce territoire",
    max(lower) FILTER (WHERE rank = 1) AS "Au moins", max(upper) FILTER (WHERE rank = 1) AS "Au plus",
    max(value) FILTER (WHERE rank = 4) AS "Reste de sa commune, hors QPV",
    max(value) FILTER (WHERE rank = 7) AS "QPV de la région", max(value) FILTER (WHERE rank = 8) AS "Région"
FROM staff.compared_indicator
WHERE window_months = ${fenetre:sqlstring}::integer AND indicator = ${indicateur:sqlstring}
    AND territory_id = (SELECT territory_id FROM place) AND month <= (SELECT through FROM place)
    AND rank IN (1, 4, 7, 8) AND $__timeFilter(ends_at)
GROUP BY ends_at ORDER BY ends_at
