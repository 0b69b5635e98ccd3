WITH place AS (
    SELECT territory_id, month FROM staff.declared_window
    WHERE level = ${niveau:sqlstring} AND window_months = 12 AND territory_id = (SELECT territory_id FROM staff.territory
        WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
)
SELECT compared.name AS "Territoire",
    max(value) FILTER (WHERE indicator = 'left_same_qpv_share') AS "Vers le même QPV",
    max(value) FILTER (WHERE indicator = 'left_other_qpv_share') AS "Vers un autre QPV",
    max(value) FILTER (WHERE indicator = 'left_same_commune_share') AS "Vers la commune",
    max(value) FILTER (WHERE indicator = 'left_same_epci_share') AS "Vers l'EPCI",
    max(value) FILTER (WHERE indicator = 'left_departement_share') AS "Vers le département",
    max(value) FILTER (WHERE indicator = 'left_region_share') AS "Vers la région",
    max(value) FILTER (WHERE indicator = 'left_elsewhere_share') AS "Vers ailleurs",
    max(value) FILTER (WHERE indicator = 'left_unknown_share') AS "Inconnu",
    max(denominator) AS "Départs", max(completeness_percent) AS "Complétude"
FROM staff.compared_indicator AS compared
WHERE window_months = 12 AND indicator LIKE 'left%share' AND territory_id = (SELECT territory_id FROM place)
    AND month = (SELECT month FROM place)
GROUP BY rank, compared.name ORDER BY rank
