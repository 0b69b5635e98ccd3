WITH declared AS MATERIALIZED (
    SELECT * FROM staff.declared_window WHERE level = 'qpv_2024' AND window_months = 12
), live AS MATERIALIZED (
    SELECT * FROM staff.rolling WHERE part = 'all' AND window_days = 90
), rate AS MATERIALIZED (
    SELECT territory_id, lower, upper FROM staff.indicator
    WHERE level = 'qpv_2024' AND part = 'all' AND window_months = 12 AND month = through AND indicator = 'departure_rate'
)
SELECT qpv.code AS "Code", qpv.name AS "Quartier", qpv.departement AS "Dépt", qpv.departement,
    commune_names AS "Commune",
    CASE qpv.statut WHEN 'I' THEN 'identique' WHEN 'M' THEN 'modifié' WHEN 'N' THEN 'nouveau' END AS "Périmètre",
    declared.departures AS "Dép. 12 m", declared.arrivals AS "Arr. 12 m", declared.solde AS "Solde 12 m",
    rate_percent AS "Taux de départ",
    CASE WHEN rate_percent IS NOT NULL THEN translate(to_char(rate.lower, 'FM990.0') || ' à '
        || to_char(rate.upper, 'FM990.0'), '.', ',') END AS "Intervalle", dwellings AS "Logements", completeness_percent AS "Complétude",
    declared.month::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à", declared.status AS "Statut 12 m",
    CASE WHEN silent THEN 0 ELSE live.departures END AS "Dép. 90 j",
    CASE WHEN silent THEN 0 ELSE live.arrivals END AS "Arr. 90 j",
    CASE WHEN silent THEN 'provisional' ELSE coalesce(nullif(live.departures_status, 'provisional'),
        live.arrivals_status, declared.status) END AS "Statut 90 j"
FROM staff.qpv
JOIN declared USING (territory_id)
LEFT JOIN live USING (territory_id)
LEFT JOIN rate USING (territory_id)
CROSS JOIN LATERAL (SELECT live.as_of IS NULL AND declared.status <> 'not_covered' AS silent) AS received
ORDER BY qpv.code
