SELECT indicator AS __value, name AS __text FROM staff.indicator_text
WHERE unit = '%' AND stands_on = 'measures' ORDER BY rank
