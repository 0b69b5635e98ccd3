SELECT received_at AS "Reçu le", name AS "Bailleur", reason AS "Motif", message_fr AS "Ce qui ne va pas",
    coalesce(nullif(pointer, ''), 'tout') AS "Où", message_offset || ', ' || event_index AS "Position",
    CASE WHEN redriven_at IS NULL THEN 'à corriger' ELSE 'repris' END AS "Suite"
FROM staff.quarantine ORDER BY received_at DESC, quarantine_id DESC LIMIT 200
