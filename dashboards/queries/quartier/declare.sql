SELECT departures AS "Départs", arrivals AS "Arrivées", solde AS "Solde", rate_percent AS "Taux de départ",
    dwellings AS "Logements", completeness_percent AS "Complétude",
    month::timestamp AT TIME ZONE 'Europe/Paris' AS "Complet jusqu'à"
FROM staff.declared_window
WHERE level = 'qpv_2024' AND window_months = :window AND status IN ('value', 'provisional', 'secret')
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
