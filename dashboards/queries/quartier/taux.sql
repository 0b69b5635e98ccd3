WITH quartier AS (
    SELECT territory_id, month AS through FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
)
SELECT ends_at AS time, max(value) FILTER (WHERE rank = 1) AS "Ce quartier",
    max(lower) FILTER (WHERE rank = 1) AS "Au moins", max(upper) FILTER (WHERE rank = 1) AS "Au plus",
    max(value) FILTER (WHERE rank = 4) AS "Reste de sa commune, hors QPV", max(value) FILTER (WHERE rank = 5) AS "Son EPCI",
    max(value) FILTER (WHERE rank = 6) AS "QPV du département", max(value) FILTER (WHERE rank = 7) AS "QPV de la région",
    max(value) FILTER (WHERE rank = 8) AS "Région, tout le parc social"
FROM staff.compared_indicator
WHERE window_months = 12 AND indicator = 'departure_rate' AND status = 'value'
    AND territory_id = (SELECT territory_id FROM quartier) AND month <= (SELECT through FROM quartier)
    AND $__timeFilter(ends_at)
GROUP BY ends_at ORDER BY ends_at
