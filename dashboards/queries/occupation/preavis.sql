SELECT staff.month_start(month) AS "Mois", notices AS "Préavis reçus", notices_withdrawn AS "Préavis retirés",
    departures AS "Départs"
FROM staff.measure
WHERE part = 'all' AND window_months = 1 AND month <= through AND $__timeFilter(ends_at) AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY month
