SELECT starts_at AS time, status AS "Départs", arrivals_status AS "Arrivées"
FROM staff.declared_series
WHERE level = 'qpv_2024' AND window_months = 1 AND $__timeFilter(starts_at)
    AND territory_id = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
ORDER BY starts_at
