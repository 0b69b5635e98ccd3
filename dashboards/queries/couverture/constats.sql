SELECT found_at AS "Constaté le", said AS "Constat", territory AS "Territoire", landlord AS "Bailleur",
    message_fr AS "Ce qui ne va pas"
FROM staff.finding ORDER BY found_at DESC LIMIT 200
