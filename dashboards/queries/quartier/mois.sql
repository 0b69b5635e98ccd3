SELECT starts_at AS "Mois", CASE WHEN status = 'value' THEN departures END AS "Départs",
    CASE WHEN arrivals_status = 'value' THEN arrivals END AS "Arrivées"
FROM staff.declared_series
WHERE level = 'qpv_2024' AND window_months = 1 AND month <= through AND $__timeFilter(starts_at)
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY starts_at
