SELECT code AS __value, name || ' (' || commune_names || ', ' || code || ')' AS __text
FROM staff.qpv WHERE departement = ${departement:sqlstring} ORDER BY name, code
