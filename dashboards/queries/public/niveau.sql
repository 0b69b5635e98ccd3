SELECT level AS __value, name AS __text FROM published.level
WHERE EXISTS (SELECT FROM published.territory WHERE territory.level = level.level) ORDER BY rank
