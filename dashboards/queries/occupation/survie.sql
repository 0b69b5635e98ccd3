WITH place AS (
    SELECT compared_id, part, rank FROM staff.comparator
    WHERE rank IN (1, 6, 7, 8) AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
)
SELECT age_years AS "Années", max(survival_percent) FILTER (WHERE rank = 1) AS "Ce territoire",
    max(lower_percent) FILTER (WHERE rank = 1) AS "Au moins", max(upper_percent) FILTER (WHERE rank = 1) AS "Au plus",
    max(survival_percent) FILTER (WHERE rank = 6) AS "QPV du département",
    max(survival_percent) FILTER (WHERE rank = 7) AS "QPV de la région",
    max(survival_percent) FILTER (WHERE rank = 8) AS "Région"
FROM place JOIN staff.survival ON survival.territory_id = compared_id AND survival.part = place.part
WHERE cohort = 'toutes'
GROUP BY age_years ORDER BY age_years
