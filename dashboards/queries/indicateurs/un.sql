WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = ${fenetre:sqlstring}::integer AND territory_id
        = (SELECT territory_id FROM staff.territory
           WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), compared AS (
    SELECT *, first_value(lower) OVER by_rank AS own_lower, first_value(upper) OVER by_rank AS own_upper
    FROM staff.compared_indicator
    WHERE window_months = ${fenetre:sqlstring}::integer AND indicator = ${indicateur:sqlstring}
        AND territory_id = (SELECT territory_id FROM place) AND month = (SELECT month FROM place)
    WINDOW by_rank AS (ORDER BY rank)
)
SELECT name AS "Territoire", value AS "Valeur", lower AS "Au moins", upper AS "Au plus", numerator AS "Numérateur",
    denominator AS "Dénominateur", completeness_percent AS "Complétude", status AS "Statut",
    CASE WHEN rank = 1 THEN 'référence' WHEN own_lower > upper THEN 'plus haut ici' WHEN own_upper < lower THEN 'plus bas ici'
        WHEN own_upper IS NOT NULL AND upper IS NOT NULL THEN 'pas d''écart sûr' ELSE '—' END AS "Écart"
FROM compared ORDER BY rank
