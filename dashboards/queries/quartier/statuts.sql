SELECT window_days || ' jours' AS "Fenêtre", 'en direct' AS "Nature",
    departures_status AS "Départs", arrivals_status AS "Arrivées"
FROM staff.rolling
WHERE part = 'all'
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
UNION ALL
SELECT window_months || ' mois', 'déclarée', status, arrivals_status
FROM staff.declared_window
WHERE level = 'qpv_2024'
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
