SELECT CASE WHEN live.territory_id IS NULL THEN 0 ELSE live.departures END AS "Départs",
    CASE WHEN live.territory_id IS NULL THEN 0 ELSE live.arrivals END AS "Arrivées",
    CASE WHEN live.territory_id IS NULL THEN 0 ELSE live.solde END AS "Solde"
FROM staff.declared_window AS declared
LEFT JOIN staff.rolling AS live ON live.territory_id = declared.territory_id AND part = 'all' AND window_days = :window
WHERE declared.level = 'qpv_2024' AND window_months = 1 AND declared.status <> 'not_covered' AND declared.territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
