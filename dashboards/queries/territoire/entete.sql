SELECT territory.name AS "Territoire", level.name AS "Niveau", territory.code AS "Code",
    CASE WHEN statut IS NULL THEN 'sans objet' WHEN statut = 'I' THEN 'identique à 2015'
        WHEN statut = 'M' THEN 'modifié en 2024' WHEN statut = 'N' THEN 'nouveau en 2024' ELSE statut END AS "Périmètre",
    staff.month_start(declared.month) AS "Complet jusqu'à",
    declared.dwellings AS "Logements", completeness_percent AS "Complétude", declared.status AS "Statut"
FROM staff.territory
JOIN staff.level USING (level)
JOIN staff.declared_window AS declared USING (level, territory_id)
WHERE level = ${niveau:sqlstring} AND territory.code = ${territoire:sqlstring} AND window_months = 12
