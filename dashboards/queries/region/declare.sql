SELECT window_months || ' mois' AS "Fenêtre",
    departures AS "Départs", arrivals AS "Arrivées", solde AS "Solde", rate_percent AS "Taux de départ",
    dwellings AS "Logements", completeness_percent AS "Complétude",
    month::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à", status AS "Statut"
FROM staff.declared_window WHERE level = 'region' ORDER BY window_months
