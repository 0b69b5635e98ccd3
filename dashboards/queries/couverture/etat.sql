SELECT completeness_percent AS "Complétude", representativeness_percent AS "Représentativité",
    all_dwellings AS "Logements des participants", dwellings AS "Logements déclarés", rpls_dwellings AS "Logements (RPLS)", rpls_year::text AS "RPLS de",
    landlords AS "Bailleurs", declared_landlords AS "Bailleurs ayant déclaré", staff.month_start(month) AS "Mois"
FROM staff.coverage
WHERE month = through AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
