SELECT code AS __value, name AS __text FROM staff.territory WHERE level = 'departement' ORDER BY name
