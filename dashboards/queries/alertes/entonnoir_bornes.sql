WITH shown AS (
    SELECT min(expected) AS least, max(expected) AS most FROM staff.expected_window
    WHERE window_months = 12 AND measure <> 'notices'
        AND month = (SELECT max(month) FROM staff.expected_window WHERE window_months = 12)
)
SELECT m::float8 AS "Attendu borné", (1 - 1 / (9 * m) - 1.96 / (3 * sqrt(m))) ^ 3 AS "95 %, bas",
    (1 - 1 / (9 * m) + 1.96 / (3 * sqrt(m))) ^ 3 AS "95 %, haut",
    greatest(1 - 1 / (9 * m) - 3.09 / (3 * sqrt(m)), 0) ^ 3 AS "99,8 %, bas",
    (1 - 1 / (9 * m) + 3.09 / (3 * sqrt(m))) ^ 3 AS "99,8 %, haut"
FROM shown CROSS JOIN LATERAL (SELECT least * (most::float8 / least) ^ (step / 40.0) AS m
    FROM generate_series(0, 40) AS step) AS grid
WHERE least IS NOT NULL ORDER BY m
