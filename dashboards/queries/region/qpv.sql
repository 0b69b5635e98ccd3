SELECT qpv.code AS "Code", qpv.name AS "Quartier", departement.name AS "Département", qpv.departement,
    commune_names AS "Commune",
    CASE qpv.statut WHEN 'I' THEN 'identique' WHEN 'M' THEN 'modifié' WHEN 'N' THEN 'nouveau' END AS "Périmètre",
    declared.departures AS "Dép. 12 m", declared.arrivals AS "Arr. 12 m", declared.solde AS "Solde 12 m",
    rate_percent AS "Taux de départ", dwellings AS "Logements", completeness_percent AS "Complétude",
    declared.month::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à", declared.status AS "Statut 12 m",
    CASE WHEN silent THEN 0 ELSE live.departures END AS "Dép. 90 j",
    CASE WHEN silent THEN 0 ELSE live.arrivals END AS "Arr. 90 j",
    CASE WHEN silent THEN 'provisional' ELSE coalesce(nullif(live.departures_status, 'provisional'),
        live.arrivals_status, declared.status) END AS "Statut 90 j"
FROM staff.qpv
JOIN staff.territory AS departement ON departement.territory_id = departement_id
JOIN staff.declared_window AS declared ON declared.level = 'qpv_2024' AND window_months = 12
    AND declared.territory_id = qpv.territory_id
LEFT JOIN staff.rolling AS live ON live.territory_id = qpv.territory_id AND part = 'all' AND window_days = 90
CROSS JOIN LATERAL (SELECT live.territory_id IS NULL AND declared.status <> 'not_covered' AS silent) AS received
ORDER BY qpv.code
