SELECT code AS __value, name || ' (' || code || ')' AS __text FROM published.territory
WHERE level = ${niveau:sqlstring} ORDER BY name, code
