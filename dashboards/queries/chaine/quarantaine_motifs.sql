SELECT reason AS "Motif", count(*) AS "Refusés", count(*) FILTER (WHERE redriven_at IS NOT NULL) AS "Repris",
    count(DISTINCT landlord) AS "Bailleurs", max(received_at) AS "Dernier reçu"
FROM staff.quarantine GROUP BY reason ORDER BY reason
