SELECT starts_at AS "Mois",
    count(*) FILTER (WHERE alert_level = 'alert' AND state = 'confirmed') AS "Confirmées",
    count(*) FILTER (WHERE alert_level = 'alert' AND state = 'provisional') AS "Provisoires",
    count(*) FILTER (WHERE alert_level = 'alert' AND state = 'lifted') AS "Levées",
    count(*) FILTER (WHERE alert_level = 'watch' AND state <> 'lifted') AS "À surveiller"
FROM staff.alert_family LEFT JOIN staff.alert ON alert.month = alert_family.month AND code IS NOT NULL
WHERE alert_family.month > (SELECT max(month) FROM staff.alert_family) - interval '24 months'
GROUP BY starts_at ORDER BY starts_at
