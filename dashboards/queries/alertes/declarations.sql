SELECT alert_id::text AS "N°", coalesce(landlord_name, landlord) AS "Bailleur", landlord AS "SIREN", kind AS "Genre",
    state AS "État", raised_on::timestamp AT TIME ZONE 'Europe/Paris' AS "Depuis",
    CASE WHEN state <> 'provisional' THEN changed_on::timestamp AT TIME ZONE 'Europe/Paris' END AS "Fin",
    message_fr AS "Ce qui est dit", coalesce(feedback, 'none') AS "Avis"
FROM staff.alert WHERE landlord IS NOT NULL
ORDER BY state = 'provisional' DESC, raised_on DESC, alert_id DESC LIMIT 200
