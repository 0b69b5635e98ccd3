WITH outcomes AS (
    SELECT landlord,
        coalesce(sum(n) FILTER (WHERE outcome = 'applied'), 0)::bigint AS applied,
        coalesce(sum(n) FILTER (WHERE outcome = 'superseded'), 0)::bigint AS superseded,
        coalesce(sum(n) FILTER (WHERE outcome = 'duplicate'), 0)::bigint AS duplicate,
        coalesce(sum(n) FILTER (WHERE outcome = 'out_of_scope'), 0)::bigint AS out_of_scope,
        coalesce(sum(n) FILTER (WHERE outcome = 'quarantined'), 0)::bigint AS quarantined
    FROM staff.tally GROUP BY landlord
), declared AS (
    SELECT landlord, max(complete_through) AS complete_through,
        string_agg(CASE scope WHEN 'whole_stock' THEN 'tout le parc' ELSE 'QPV seuls' END, ', ' ORDER BY scope DESC) AS scope
    FROM staff.declaration WHERE scope IS NOT NULL GROUP BY landlord
)
SELECT lag.name AS "Bailleur", lag.landlord AS "SIREN", messages_waiting AS "En attente",
    committed_at AS "Dernier enregistrement",
    complete_through::timestamp AT TIME ZONE 'Europe/Paris' AS "Déclaré jusqu'au",
    scope AS "Périmètre déclaré",
    coalesce(applied, 0) AS "Appliqués", coalesce(superseded, 0) AS "Remplacés", coalesce(duplicate, 0) AS "Déjà reçus",
    coalesce(out_of_scope, 0) AS "Hors champ", coalesce(quarantined, 0) AS "Refusés",
    coalesce(nullif(concat_ws(' ; ', CASE WHEN suspended THEN 'suspendu' END,
        'repris par ' || merged_into || ' le ' || to_char(merged_on, 'DD/MM/YYYY'),
        CASE WHEN series_broken THEN 'série rompue' END,
        CASE WHEN by_counts THEN 'comptages sans lignes' END), ''), 'aucune') AS "Particularités"
FROM staff.lag JOIN staff.landlord USING (landlord) LEFT JOIN outcomes USING (landlord) LEFT JOIN declared USING (landlord)
ORDER BY lag.name
