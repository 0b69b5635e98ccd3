SELECT count(*) FILTER (WHERE open AND code IS NOT NULL AND alert_level = 'alert') AS "Alertes sur un quartier",
    count(*) FILTER (WHERE open AND code IS NOT NULL AND alert_level = 'watch') AS "À surveiller",
    count(*) FILTER (WHERE open AND landlord IS NOT NULL) AS "Sur des déclarations",
    count(*) FILTER (WHERE open AND alert_level = 'alert' AND feedback IS NULL) AS "Sans avis de l'équipe",
    (SELECT max(starts_at) FROM staff.alert_family) AS "Dernier mois examiné"
FROM staff.alert JOIN staff.alert_evidence USING (alert_id)
