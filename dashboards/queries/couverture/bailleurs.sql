SELECT name AS "Bailleur", landlord AS "SIREN", dwellings AS "Logements", share_percent AS "Part des logements",
    staff.month_start(stock_on) AS "Stock du", staff.month_start(complete_through) AS "Déclaré jusqu'au",
    CASE WHEN whole_through IS NOT NULL THEN 'tout le parc' WHEN qpv_through IS NOT NULL THEN 'QPV seuls'
        ELSE 'rien de déclaré' END AS "Périmètre déclaré"
FROM staff.landlord_territory
WHERE territory_id
    = (SELECT territory_id FROM staff.territory WHERE level = ${niveau:sqlstring} AND code = ${territoire:sqlstring})
ORDER BY dwellings DESC, name
