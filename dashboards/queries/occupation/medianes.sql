WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 12 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
), alone AS (
    SELECT rank, name, min(compared_id) AS compared_id, min(part) AS part FROM staff.comparator
    WHERE territory_id = (SELECT territory_id FROM place) GROUP BY rank, name HAVING count(*) = 1
)
SELECT alone.name AS "Territoire",
    max(median) FILTER (WHERE indicator = 'relocation_delay') AS "Délai de relocation",
    max(lower) FILTER (WHERE indicator = 'relocation_delay') AS "Délai, au moins",
    max(upper) FILTER (WHERE indicator = 'relocation_delay') AS "Délai, au plus",
    max(at_least) FILTER (WHERE indicator = 'relocation_delay') AS "Relocations",
    coalesce(max(status) FILTER (WHERE indicator = 'relocation_delay'), 'no_data') AS "Statut du délai",
    max(median) FILTER (WHERE indicator = 'tenure_at_departure') AS "Ancienneté",
    max(lower) FILTER (WHERE indicator = 'tenure_at_departure') AS "Ancienneté, au moins",
    max(upper) FILTER (WHERE indicator = 'tenure_at_departure') AS "Ancienneté, au plus",
    max(at_least) FILTER (WHERE indicator = 'tenure_at_departure') AS "Départs",
    coalesce(max(status) FILTER (WHERE indicator = 'tenure_at_departure'), 'no_data') AS "Statut de l'ancienneté"
FROM alone
LEFT JOIN staff.median ON median.territory_id = compared_id AND median.part = alone.part
    AND median.month = (SELECT month FROM place)
GROUP BY rank, alone.name ORDER BY rank
