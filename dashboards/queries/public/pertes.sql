SELECT said.name AS "Niveau", count(*) AS "Chiffres", count(*) FILTER (WHERE status = 'value') AS "Publiés",
    count(*) FILTER (WHERE status = 'provisional') AS "Provisoires", count(*) FILTER (WHERE status = 'secret') AS "Secrets",
    100.0 * count(*) FILTER (WHERE status = 'secret')
        / nullif(count(*) FILTER (WHERE status IN ('value', 'provisional', 'secret')), 0) AS "Part secrète",
    count(*) FILTER (WHERE status IN ('not_covered', 'no_data')) AS "Sans données"
FROM (SELECT vintage, max(month) AS month FROM published.figure
      WHERE vintage = (SELECT max(vintage) FROM published.vintage) AND window_months = 12 AND part = 'all'
          AND territory_id = (SELECT territory_id FROM published.territory WHERE level = 'region' ORDER BY code LIMIT 1)
      GROUP BY vintage) AS newest
CROSS JOIN published.territory
JOIN published.level AS said USING (level)
CROSS JOIN LATERAL (SELECT status FROM published.figure
    WHERE figure.vintage = newest.vintage AND figure.territory_id = territory.territory_id AND part = 'all'
        AND window_months = 12 AND figure.month = newest.month) AS figures
GROUP BY said.rank, said.name ORDER BY said.rank
