SELECT said.name AS "Niveau", count(*) AS "Chiffres", count(*) FILTER (WHERE status = 'value') AS "Publiés",
    count(*) FILTER (WHERE status = 'provisional') AS "Provisoires", count(*) FILTER (WHERE status = 'secret') AS "Secrets",
    100.0 * count(*) FILTER (WHERE status = 'secret')
        / nullif(count(*) FILTER (WHERE status IN ('value', 'provisional', 'secret')), 0) AS "Part secrète",
    count(*) FILTER (WHERE status IN ('not_covered', 'no_data')) AS "Sans données"
FROM published.figure
JOIN published.territory USING (territory_id)
JOIN published.level AS said USING (level)
WHERE vintage = (SELECT max(vintage) FROM published.vintage)
GROUP BY said.rank, said.name ORDER BY said.rank
