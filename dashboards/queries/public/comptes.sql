WITH newest AS (
    SELECT vintage, territory_id, max(month) AS month
    FROM published.figure JOIN published.territory USING (territory_id)
    WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring} AND window_months = 12 AND part = 'all'
        AND vintage = (SELECT max(vintage) FROM published.vintage)
    GROUP BY 1, 2
)
SELECT said.name AS "Compte", value AS "Valeur", status AS "Statut"
FROM newest JOIN published.figure USING (vintage, territory_id, month) JOIN published.measure_text AS said USING (measure)
WHERE window_months = 12 AND part = 'all'
ORDER BY said.rank
