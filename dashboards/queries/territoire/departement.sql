SELECT departement AS __value, departement AS __text
FROM staff.territory
WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring} AND departement IS NOT NULL
