SELECT territory.name AS "Territoire", level.name AS "Niveau", territory.code AS "Code",
    CASE WHEN statut IS NULL THEN 'sans objet' WHEN statut = 'I' THEN 'identique à 2015'
        WHEN statut = 'M' THEN 'modifié en 2024' WHEN statut = 'N' THEN 'nouveau en 2024' ELSE statut END AS "Périmètre",
    staff.month_start(declared.month) AS "Complet jusqu'à",
    declared.dwellings AS "Logements", completeness_percent AS "Complétude", declared.status AS "Statut"
FROM staff.declared_window AS declared
JOIN staff.territory USING (territory_id)
JOIN staff.level ON level.level = territory.level
WHERE window_months = 12 AND declared.level = ${niveau:sqlstring} AND declared.territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
