WITH newest AS (
    SELECT vintage, territory_id, max(month) AS month
    FROM published.figure JOIN published.territory USING (territory_id)
    WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring} AND window_months = 12 AND part = 'all'
        AND vintage = (SELECT max(vintage) FROM published.vintage)
    GROUP BY 1, 2
), found AS MATERIALIZED (
    SELECT * FROM published.indicator
    WHERE vintage = (SELECT vintage FROM newest) AND territory_id = (SELECT territory_id FROM newest)
        AND month = (SELECT month FROM newest) AND window_months = 12 AND part = 'all'
)
SELECT said.name AS "Indicateur", value AS "Valeur", lower AS "Au moins", upper AS "Au plus", numerator AS "Numérateur",
    denominator AS "Dénominateur", status AS "Statut"
FROM found JOIN published.indicator_text AS said USING (indicator)
WHERE unit = '%'
ORDER BY said.rank
