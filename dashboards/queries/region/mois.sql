SELECT starts_at AS "Mois", CASE WHEN status IN ('value', 'provisional') THEN departures END AS "Départs",
    CASE WHEN arrivals_status IN ('value', 'provisional') THEN arrivals END AS "Arrivées"
FROM staff.declared_series CROSS JOIN staff.rule
WHERE level = 'region' AND window_months = 1 AND completeness_percent >= 100 * least_completeness
    AND (status IN ('value', 'provisional') OR arrivals_status IN ('value', 'provisional')) AND $__timeFilter(starts_at)
ORDER BY starts_at
