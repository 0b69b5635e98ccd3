SELECT starts_at AS "Mois",
    CASE WHEN status = 'value' OR status = 'provisional' AND complete THEN departures END AS "Départs",
    CASE WHEN arrivals_status = 'value' OR arrivals_status = 'provisional' AND complete THEN arrivals END AS "Arrivées"
FROM staff.declared_series CROSS JOIN staff.rule
CROSS JOIN LATERAL (SELECT completeness_percent >= 100 * least_completeness) AS told (complete)
WHERE level = 'qpv_2024' AND window_months = 1 AND month <= through AND $__timeFilter(starts_at)
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY starts_at
