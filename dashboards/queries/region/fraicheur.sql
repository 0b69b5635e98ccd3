SELECT as_of::timestamp AT TIME ZONE 'Europe/Paris' AS "Fenêtres arrêtées au",
    last_commit AS "Dernier enregistrement",
    (SELECT month::timestamp AT TIME ZONE 'Europe/Paris' FROM staff.complete_through WHERE level = 'region')
        AS "Région complète jusqu'à",
    (SELECT count(*) FROM staff.qpv) AS "QPV suivis"
FROM staff.freshness
