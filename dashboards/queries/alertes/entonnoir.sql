WITH shown AS (
    SELECT territory_id, measure, observed, expected FROM staff.expected_window
    WHERE window_months = 12 AND measure <> 'notices'
        AND month = (SELECT max(month) FROM staff.expected_window WHERE window_months = 12)
)
SELECT expected AS "Attendu", CASE measure WHEN 'departures' THEN observed::float8 / expected END AS "Départs",
    CASE measure WHEN 'arrivals' THEN observed::float8 / expected END AS "Arrivées",
    observed AS "Observé", qpv.name || ' (' || qpv.code || ')' AS "Quartier"
FROM shown JOIN staff.qpv USING (territory_id) ORDER BY expected, measure, qpv.code
