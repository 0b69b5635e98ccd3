WITH found AS MATERIALIZED (
    SELECT level, territory_id, indicator, month, value, lower, upper, numerator, denominator, status, completeness_percent
    FROM staff.indicator
    WHERE level IN ('region', 'departement') AND part = 'qpv' AND window_months = 12 AND month = through
        AND indicator IN ('departure_rate', 'vacancy_rate', 'relet_rate')
)
SELECT territory.name AS "Territoire", territory.code AS "Code", level AS niveau,
    max(value) FILTER (WHERE indicator = 'departure_rate') AS "Taux de départ",
    max(lower) FILTER (WHERE indicator = 'departure_rate') AS "Au moins",
    max(upper) FILTER (WHERE indicator = 'departure_rate') AS "Au plus",
    max(numerator) FILTER (WHERE indicator = 'departure_rate') AS "Départs",
    max(denominator) FILTER (WHERE indicator = 'departure_rate') AS "Logements",
    max(value) FILTER (WHERE indicator = 'relet_rate') AS "Taux d'emménagement",
    max(value) FILTER (WHERE indicator = 'vacancy_rate') AS "Vacance",
    max(completeness_percent) AS "Complétude", staff.month_start(max(month)) AS "Jusqu'à",
    coalesce(max(status) FILTER (WHERE indicator = 'departure_rate'), 'not_covered') AS "Statut"
FROM staff.territory LEFT JOIN found USING (level, territory_id)
WHERE level IN ('region', 'departement')
GROUP BY level, territory.name, territory.code ORDER BY level DESC, territory.code
