SELECT qpv.name AS "Quartier", qpv.code AS "Code", commune_names AS "Commune", departement.name AS "Département",
    CASE qpv.statut WHEN 'I' THEN 'identique à 2015' WHEN 'M' THEN 'modifié en 2024' WHEN 'N' THEN 'nouveau en 2024' END
        AS "Périmètre",
    coalesce(lineage_2015, 'aucun') AS "Quartier de 2015"
FROM staff.qpv JOIN staff.territory AS departement ON departement.territory_id = departement_id
WHERE qpv.code = ${qpv:sqlstring}
