SELECT territory.name AS "Territoire", territory.code AS "Code", (max(month)::timestamp AT TIME ZONE 'Europe/Paris')
    AS "12 mois finissant en", (max(vintage)::timestamp AT TIME ZONE 'Europe/Paris') AS "Millésime",
    CASE mode WHEN 'rounding' THEN 'arrondi à 5' ELSE 'suppression' END AS "Protection"
FROM published.territory
CROSS JOIN (SELECT vintage, mode FROM published.vintage ORDER BY vintage DESC LIMIT 1) AS newest
LEFT JOIN published.figure USING (vintage, territory_id)
WHERE level = ${niveau:sqlstring} AND territory.code = ${territoire:sqlstring}
    AND (window_months = 12 OR window_months IS NULL)
GROUP BY territory.name, territory.code, mode
