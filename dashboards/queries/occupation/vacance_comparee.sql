WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 1 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), found AS MATERIALIZED (
    SELECT * FROM staff.compared_indicator
    WHERE window_months = 1 AND indicator IN ('vacancy_rate', 'long_vacancy_rate')
        AND territory_id = (SELECT territory_id FROM place) AND month = (SELECT month FROM place)
)
SELECT vacancy.name AS "Territoire", vacancy.value AS "Vacance", vacancy.lower AS "Au moins", vacancy.upper AS "Au plus",
    long.value AS "Plus de 3 mois", long.lower AS "Au moins (3 m)", long.upper AS "Au plus (3 m)",
    vacancy.numerator AS "Vacants", vacancy.denominator AS "Logements", vacancy.completeness_percent AS "Complétude",
    vacancy.status AS "Statut"
FROM found AS vacancy JOIN found AS long USING (rank)
WHERE vacancy.indicator = 'vacancy_rate' AND long.indicator = 'long_vacancy_rate'
ORDER BY rank
