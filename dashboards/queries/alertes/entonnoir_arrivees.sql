SELECT expected AS "Attendu", observed::float8 / expected AS "Arrivées", observed AS "Observé",
    qpv.name || ' (' || qpv.code || ')' AS "Quartier"
FROM staff.expected_window JOIN staff.qpv USING (territory_id)
WHERE window_months = 12 AND measure = 'arrivals'
    AND month = (SELECT max(month) FROM staff.expected_window WHERE window_months = 12)
ORDER BY expected, qpv.code
