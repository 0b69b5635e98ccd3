WITH quartier AS (
    SELECT territory_id, month AS through FROM staff.declared_window
    WHERE level = 'qpv_2024' AND window_months = 12 AND territory_id
        = (SELECT territory_id FROM staff.territory WHERE level = 'qpv_2024' AND code = ${qpv:sqlstring})
)
SELECT 'Reste de sa commune, hors QPV' AS "Territoire", rate_percent AS "Taux de départ", departures AS "Départs",
    dwellings AS "Logements", completeness_percent AS "Complétude",
    month::timestamp AT TIME ZONE 'Europe/Paris' AS "Jusqu'à", status AS "Statut"
FROM staff.commune_rest
WHERE territory_id = (SELECT territory_id FROM quartier) AND month = (SELECT through FROM quartier)
