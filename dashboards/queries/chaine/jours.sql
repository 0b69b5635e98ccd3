SELECT received_on::timestamp AT TIME ZONE 'Europe/Paris' AS time,
    coalesce(sum(n) FILTER (WHERE outcome = 'applied'), 0)::bigint AS "Appliqués",
    coalesce(sum(n) FILTER (WHERE outcome = 'superseded'), 0)::bigint AS "Remplacés",
    coalesce(sum(n) FILTER (WHERE outcome = 'duplicate'), 0)::bigint AS "Déjà reçus",
    coalesce(sum(n) FILTER (WHERE outcome = 'out_of_scope'), 0)::bigint AS "Hors champ",
    coalesce(sum(n) FILTER (WHERE outcome = 'quarantined'), 0)::bigint AS "Refusés"
FROM staff.tally
WHERE received_on BETWEEN ($__timeFrom()::timestamptz AT TIME ZONE 'Europe/Paris')::date
    AND ($__timeTo()::timestamptz AT TIME ZONE 'Europe/Paris')::date
GROUP BY received_on ORDER BY received_on
