WITH quartier AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
), compared AS (
    SELECT *, first_value(lower) OVER by_rank AS own_lower, first_value(upper) OVER by_rank AS own_upper
    FROM staff.compared_indicator
    WHERE window_months = 12 AND indicator = 'departure_rate'
        AND territory_id = (SELECT territory_id FROM quartier) AND month = (SELECT month FROM quartier)
    WINDOW by_rank AS (ORDER BY rank)
)
SELECT CASE WHEN rank = 1 THEN 'Ce quartier' ELSE name END AS "Territoire", value AS "Taux de départ", lower AS "Au moins",
    upper AS "Au plus", numerator AS "Départs", denominator AS "Logements", completeness_percent AS "Complétude",
    staff.month_start(month) AS "Jusqu'à", status AS "Statut",
    CASE WHEN rank = 1 THEN 'référence' WHEN own_lower > upper THEN 'plus haut ici' WHEN own_upper < lower THEN 'plus bas ici'
        WHEN own_upper IS NOT NULL AND upper IS NOT NULL THEN 'pas d''écart sûr' ELSE '—' END AS "Écart"
FROM compared ORDER BY rank
