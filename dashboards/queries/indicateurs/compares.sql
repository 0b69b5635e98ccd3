WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 12 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), found AS MATERIALIZED (
    SELECT * FROM staff.compared_indicator
    WHERE window_months = 12 AND territory_id = (SELECT territory_id FROM place) AND month = (SELECT month FROM place)
)
SELECT said.name AS "Indicateur",
    max(value) FILTER (WHERE compared.rank = 1) AS "Ici",
    max(value) FILTER (WHERE compared.rank = 2) AS "Ses QPV",
    max(value) FILTER (WHERE compared.rank = 3) AS "Hors QPV",
    max(value) FILTER (WHERE compared.rank = 4) AS "Reste de la commune",
    max(value) FILTER (WHERE compared.rank = 5) AS "EPCI",
    max(value) FILTER (WHERE compared.rank = 6) AS "QPV du département",
    max(value) FILTER (WHERE compared.rank = 7) AS "QPV de la région",
    max(value) FILTER (WHERE compared.rank = 8) AS "Région",
    coalesce(CASE
        WHEN max(lower) FILTER (WHERE compared.rank = 1) > max(upper) FILTER (WHERE compared.rank = 8) THEN 'plus haut ici'
        WHEN max(upper) FILTER (WHERE compared.rank = 1) < max(lower) FILTER (WHERE compared.rank = 8) THEN 'plus bas ici'
        WHEN max(upper) FILTER (WHERE compared.rank = 1) IS NOT NULL
            AND max(upper) FILTER (WHERE compared.rank = 8) IS NOT NULL THEN 'pas d''écart sûr' END, '—') AS "Écart avec la région"
FROM found AS compared
JOIN staff.indicator_text AS said USING (indicator)
WHERE unit = '%'
GROUP BY said.rank, said.name ORDER BY said.rank
