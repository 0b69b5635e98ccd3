SELECT alert_family.starts_at AS "Mois",
    count(*) FILTER (WHERE completeness >= 0.8) AS "80 % et plus",
    count(*) FILTER (WHERE completeness >= 0.5 AND completeness < 0.8) AS "De 50 à 80 %",
    count(*) FILTER (WHERE completeness < 0.5) AS "Moins de 50 %",
    count(*) FILTER (WHERE completeness IS NULL) AS "Non couverts"
FROM staff.alert_family JOIN staff.completeness USING (month)
WHERE level = 'qpv_2024' AND month > (SELECT max(month) FROM staff.alert_family) - interval '24 months'
GROUP BY 1 ORDER BY 1
