SELECT departures AS "Départs", arrivals AS "Arrivées", solde AS "Solde"
FROM staff.rolling JOIN staff.territory USING (territory_id)
WHERE level = 'region' AND part = 'qpv' AND window_days = :window
