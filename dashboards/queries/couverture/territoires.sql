SELECT qpv.code AS "Code", qpv.name AS "Quartier", qpv.departement AS "Dépt", qpv.departement, commune_names AS "Commune",
    staff.month_start(month) AS "Complet jusqu'à", completeness_percent AS "Complétude",
    representativeness_percent AS "Représentativité", all_dwellings AS "Logements", landlords AS "Bailleurs",
    CASE WHEN all_dwellings IS NULL THEN 'aucun bailleur ne participe ici' WHEN month IS NULL THEN 'rien de complet'
        WHEN rpls_dwellings IS NULL THEN 'RPLS inconnu sur ce périmètre'
        WHEN representativeness_percent > 100 THEN 'plus de logements que le RPLS' ELSE '' END AS "À noter"
FROM staff.qpv
LEFT JOIN staff.complete_through USING (territory_id)
LEFT JOIN staff.coverage USING (territory_id, month)
ORDER BY qpv.code
