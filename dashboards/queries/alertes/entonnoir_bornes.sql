WITH shown AS (
    SELECT min(expected) AS least, max(expected) AS most FROM staff.expected_window
    WHERE window_months = 12 AND measure <> 'notices'
        AND month = (SELECT max(month) FROM staff.expected_window WHERE window_months = 12)
)
SELECT m::float8 AS "Attendu borné",
    1 - 1.960 / sqrt(m) + (1.960 ^ 2 - 1) / (6 * m) AS "95 %, bas",
    1 + 1.960 / sqrt(m) + (1.960 ^ 2 - 1) / (6 * m) AS "95 %, haut",
    greatest(1 - 3.090 / sqrt(m) + (3.090 ^ 2 - 1) / (6 * m), 0) AS "99,8 %, bas",
    1 + 3.090 / sqrt(m) + (3.090 ^ 2 - 1) / (6 * m) AS "99,8 %, haut"
FROM shown CROSS JOIN LATERAL (SELECT least * (most::float8 / least) ^ (step / 40.0) AS m
    FROM generate_series(0, 40) AS step) AS grid
WHERE least IS NOT NULL ORDER BY m
