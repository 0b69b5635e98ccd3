WITH found AS MATERIALIZED (
    SELECT * FROM staff.indicator
    WHERE part = 'all' AND window_months = ${fenetre:sqlstring}::integer AND month = through AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
)
SELECT said.family AS "Famille", said.name AS "Indicateur", value AS "Valeur", unit AS "Unité", lower AS "Au moins",
    upper AS "Au plus", numerator AS "Numérateur", denominator AS "Dénominateur", status AS "Statut",
    completeness_percent AS "Complétude", staff.month_start(month) AS "Jusqu'à"
FROM found JOIN staff.indicator_text AS said USING (indicator)
ORDER BY said.rank
