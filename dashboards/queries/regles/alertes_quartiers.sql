SELECT alert.name || ' (' || alert.code || ')' AS quartier, qpv.departement,
    CASE alert_level WHEN 'alert' THEN 'alerte' ELSE 'à surveiller' END AS niveau, count(*) AS ouvertes
FROM staff.alert JOIN staff.alert_evidence USING (alert_id) JOIN staff.qpv USING (territory_id)
WHERE open GROUP BY 1, 2, 3 ORDER BY 1, 3
