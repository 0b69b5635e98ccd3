SELECT coalesce(landlord_name, landlord) AS bailleur, landlord AS siren, count(*) AS ouvertes
FROM staff.alert JOIN staff.alert_evidence USING (alert_id)
WHERE open AND landlord IS NOT NULL GROUP BY 1, 2 ORDER BY 1
