WITH declared AS MATERIALIZED (
    SELECT territory_id, month, completeness_percent, all_dwellings, status
    FROM staff.declared_window WHERE level = 'qpv_2024' AND window_months = 1
)
SELECT qpv.code AS "Code", qpv.name AS "Quartier", qpv.departement AS "Dépt", qpv.departement, commune_names AS "Commune",
    staff.month_start(month) AS "Complet jusqu'à", completeness_percent AS "Complétude",
    100.0 * all_dwellings / nullif(rpls_dwellings, 0) AS "Représentativité", all_dwellings AS "Logements",
    rpls_dwellings AS "Logements (RPLS)",
    CASE WHEN status = 'not_covered' THEN 'aucun bailleur ne participe ici' WHEN month IS NULL THEN 'rien de complet'
        WHEN rpls_dwellings IS NULL THEN 'RPLS inconnu sur ce périmètre'
        WHEN all_dwellings > rpls_dwellings THEN 'plus de logements que le RPLS' ELSE 'rien à signaler' END AS "À noter"
FROM staff.qpv
JOIN declared USING (territory_id)
LEFT JOIN staff.census USING (territory_id)
ORDER BY qpv.code
