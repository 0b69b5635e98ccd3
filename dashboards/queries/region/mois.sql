SELECT starts_at AS "Mois", departures AS "Départs", arrivals AS "Arrivées"
FROM staff.declared_series
WHERE level = 'region' AND window_months = 1 AND status = 'value' AND $__timeFilter(starts_at)
ORDER BY starts_at
