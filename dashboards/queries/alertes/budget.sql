SELECT starts_at AS "Mois", tests AS "Tests",
    (0.01 * tests)::float8 AS "Signaux dus au hasard", count(alert_id) AS "Signaux",
    expected_false::float8 AS "Alertes dues au hasard",
    count(*) FILTER (WHERE alert_level = 'alert') AS "Alertes",
    count(*) FILTER (WHERE alert_level = 'alert' AND state = 'lifted') AS "Levées",
    count(*) FILTER (WHERE alert_level = 'alert' AND feedback = 'dismissed') AS "Écartées",
    (SELECT coalesce(sum(value::integer), 0) FROM jsonb_each_text(untested)) AS "QPV sans verdict"
FROM staff.alert_family LEFT JOIN staff.alert ON alert.month = alert_family.month AND code IS NOT NULL
GROUP BY starts_at, tests, expected_false, untested ORDER BY starts_at DESC LIMIT 24
