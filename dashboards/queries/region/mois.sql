SELECT starts_at AS "Mois", CASE WHEN status = 'value' THEN departures END AS "Départs",
    CASE WHEN arrivals_status = 'value' THEN arrivals END AS "Arrivées"
FROM staff.declared_series
WHERE level = 'region' AND window_months = 1 AND 'value' IN (status, arrivals_status) AND $__timeFilter(starts_at)
ORDER BY starts_at
