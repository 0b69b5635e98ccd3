SELECT cohort AS "Entrés en", max(survival_percent) FILTER (WHERE age_years = 1) AS "1 an",
    max(survival_percent) FILTER (WHERE age_years = 2) AS "2 ans",
    max(survival_percent) FILTER (WHERE age_years = 3) AS "3 ans",
    max(survival_percent) FILTER (WHERE age_years = 5) AS "5 ans",
    max(survival_percent) FILTER (WHERE age_years = 10) AS "10 ans"
FROM staff.survival
WHERE part = 'all' AND cohort <> 'toutes' AND territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
GROUP BY cohort ORDER BY cohort
