WITH quartier AS (
    SELECT territory_id, month AS through FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
)
SELECT ends_at AS time, rate_percent AS "Reste de sa commune, hors QPV"
FROM staff.commune_rest
WHERE territory_id = (SELECT territory_id FROM quartier) AND month <= (SELECT through FROM quartier)
    AND $__timeFilter(ends_at)
ORDER BY ends_at
