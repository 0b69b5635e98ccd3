SELECT (vintage::timestamp AT TIME ZONE 'Europe/Paris') AS "Millésime", frozen_at AS "Figé le",
    CASE mode WHEN 'rounding' THEN 'arrondi à 5' ELSE 'suppression' END AS "Protection"
FROM published.vintage ORDER BY vintage DESC LIMIT 36
