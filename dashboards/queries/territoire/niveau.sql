SELECT level AS __value, name AS __text FROM staff.level
WHERE EXISTS (SELECT FROM staff.territory WHERE territory.level = level.level) ORDER BY rank
