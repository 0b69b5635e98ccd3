SELECT alert_id::text AS "N°", staff.month_start(alert.month) AS "Mois", alert.code AS "Code", alert.name AS "Quartier",
    qpv.departement AS "Dépt", qpv.departement, kind AS "Genre", alert_level AS "Niveau", state AS "État",
    size AS "Ampleur", chance AS "Hasard", observed AS "Observé", expected AS "Attendu",
    coverage_percent AS "Couverture", neighbours_alike || ' sur ' || nullif(neighbours, 0) AS "Voisins",
    raised_on::timestamp AT TIME ZONE 'Europe/Paris' AS "Depuis", coalesce(feedback, 'none') AS "Avis"
FROM staff.alert JOIN staff.alert_evidence USING (alert_id) JOIN staff.qpv USING (territory_id)
WHERE open ORDER BY alert_level, alert.month DESC, alert.code, kind
