SELECT coalesce(sum(messages_waiting), 0)::bigint AS "Messages en attente",
    extract(epoch FROM clock_timestamp() - max(committed_at))::float8 AS "Âge du dernier enregistrement",
    max(receipts_waiting) AS "Accusés en attente",
    max(reading_gaps) AS "Trous de lecture",
    (SELECT count(*) FROM staff.quarantine WHERE redriven_at IS NULL) AS "En quarantaine"
FROM staff.freshness LEFT JOIN staff.lag ON true
