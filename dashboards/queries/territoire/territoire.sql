SELECT code AS __value, name || ' (' || code || ')' AS __text
FROM staff.territory
WHERE level = ${niveau:sqlstring}
    AND (level <> 'commune' OR EXISTS (SELECT FROM staff.completeness WHERE territory_id = territory.territory_id))
ORDER BY name, code
