WITH declared AS MATERIALIZED (
    SELECT * FROM staff.declared_window WHERE level = 'qpv_2024' AND window_months = 12
)
SELECT qpv.name AS "Quartier", qpv.code AS "Code", qpv.departement, commune_names AS "Commune", longitude, latitude,
    rate_percent AS "Taux de départ", departures AS "Départs 12 mois", dwellings AS "Logements",
    completeness_percent AS "Complétude", declared.status AS "Statut"
FROM staff.qpv
JOIN declared USING (territory_id)
WHERE longitude IS NOT NULL
ORDER BY qpv.code
