SELECT departement.name AS "Département", avg(qpv.longitude) AS longitude, max(qpv.latitude) + 0.14 AS latitude
FROM staff.qpv JOIN staff.territory AS departement ON departement.territory_id = departement_id
WHERE qpv.longitude IS NOT NULL
GROUP BY departement.name ORDER BY departement.name
