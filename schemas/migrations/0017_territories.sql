-- Territories of one's own, coverage by territory and month, and findings: what does not hold together and is shown.

-- A contrat de ville, or any set of QPVs of either generation and communes (`quartiers territory import`): one more level.
ALTER TABLE core.territory DROP CONSTRAINT territory_level_check;
ALTER TABLE core.territory ADD CONSTRAINT territory_level_check
    CHECK (level IN ('qpv_2024', 'qpv_2015', 'commune', 'epci', 'departement', 'region', 'own'));

CREATE TABLE core.own_member (
    territory_id integer NOT NULL REFERENCES core.territory,
    member text NOT NULL,
    PRIMARY KEY (territory_id, member)
);
CREATE INDEX ON core.own_member (member);

-- The ladder of a cell: both QPV generations, commune, EPCI, département, région, and once each territory of one's own of
-- which its commune or one of its QPVs is a member.
CREATE OR REPLACE VIEW core.cell_ladder AS
SELECT rung.cell_id, territory.territory_id
FROM (
    SELECT cell_id, 'qpv_2024' AS level, qpv_2024 AS code FROM core.cell
    UNION ALL SELECT cell_id, 'qpv_2015', qpv_2015 FROM core.cell
    UNION ALL SELECT cell_id, 'commune', commune FROM core.cell
    UNION ALL SELECT cell_id, 'epci', epci FROM core.cell JOIN core.commune ON commune.code = cell.commune
    UNION ALL SELECT cell_id, 'departement', departement FROM core.cell JOIN core.commune ON commune.code = cell.commune
    UNION ALL SELECT cell_id, 'region', region FROM core.cell JOIN core.commune ON commune.code = cell.commune
) AS rung
JOIN core.territory USING (level, code)
UNION ALL (
    SELECT cell_id, territory_id FROM core.cell JOIN core.own_member ON member = commune
    UNION SELECT cell_id, territory_id FROM core.cell JOIN core.own_member ON member = qpv_2024
    UNION SELECT cell_id, territory_id FROM core.cell JOIN core.own_member ON member = qpv_2015
);

-- Complétude and représentativité, kept apart (DOMAIN). A month that nobody declared is there with no declared dwelling;
-- a month without a participating landlord is not there. `representativeness`: null is inconnue, for want of a census of
-- this perimeter; it may exceed 1, which is a finding.
CREATE VIEW core.coverage_month AS
SELECT territory_id, month, all_dwellings AS participating_dwellings, observed.dwellings AS declared_dwellings,
    observed.dwellings::numeric / nullif(all_dwellings, 0) AS completeness,
    census.dwellings AS rpls_dwellings, census.year AS rpls_year,
    all_dwellings::numeric / nullif(census.dwellings, 0) AS representativeness
FROM core.observed_month AS observed LEFT JOIN core.census USING (territory_id)
WHERE part = 'all';

-- A landlord's last twelve months, the present one among them, by quartier and commune: moves, and dwellings now.
-- A territory that holds nothing of its stock now has no dwellings.
CREATE VIEW core.landlord_year_place AS
SELECT landlord, territory_id, sum(departures)::bigint AS departures, sum(moves)::bigint AS moves,
    sum(dwellings)::bigint AS dwellings
FROM (
    SELECT covering.counted_for AS landlord, cell_id, sum(departures) AS departures,
        sum(departures + arrivals) AS moves,
        coalesce(sum(dwellings) FILTER (WHERE month = date_trunc('month', as_of::timestamp)), 0) AS dwellings
    FROM core.window_state
    JOIN core.landlord_month AS covering ON month > as_of - interval '12 months' AND month <= as_of
    JOIN core.cell_month USING (landlord, month)
    GROUP BY 1, 2
) AS of_cell
JOIN core.cell_territory USING (cell_id)
JOIN core.territory USING (territory_id)
WHERE level IN ('qpv_2024', 'commune')
GROUP BY 1, 2;

-- What does not hold together, in words for staff. No count of moves below the staff threshold is in it.
CREATE VIEW core.finding_decided AS
WITH place AS MATERIALIZED (TABLE core.landlord_year_place),
found (kind, landlord, territory_id, month, moves, dwellings, message_fr) AS (
    SELECT 'stock_smaller_than_moves', landlord, territory_id, NULL::date, departures, dwellings,
        format('%s départs en 12 mois pour %s logements : parc incomplet, ou départs envoyés deux fois (logiciel changé ?)',
            departures, dwellings)
    FROM place, core.staff_rule
    WHERE dwellings > 0 AND departures > dwellings AND departures >= threshold
    UNION ALL
    SELECT 'moves_without_stock_here', landlord, territory_id, NULL, CASE WHEN moves >= threshold THEN moves END, 0,
        CASE WHEN moves >= threshold THEN format('%s mouvements en 12 mois', moves)
            ELSE format('moins de %s mouvements en 12 mois', threshold) END
        || ' là où son parc n''a aucun logement : parc incomplet, ou logements mal localisés'
    FROM place, core.staff_rule
    WHERE dwellings = 0 AND moves > 0
    UNION ALL
    SELECT 'moves_without_stock', landlord, NULL, NULL, CASE WHEN moves >= threshold THEN moves END, NULL,
        'des mouvements, mais aucun parc reçu pour ces mois : ils ne sont dans aucun taux ; demandez-lui son parc'
    FROM (SELECT landlord, sum(departures + arrivals) AS moves
          FROM core.window_state JOIN core.cell_month ON month > as_of - interval '12 months' AND month <= as_of
          WHERE NOT EXISTS (SELECT FROM core.landlord_month AS covering
              WHERE covering.landlord = cell_month.landlord AND covering.month = cell_month.month)
          GROUP BY 1) AS uncovered, core.staff_rule
    WHERE moves > 0
    UNION ALL
    SELECT 'coverage_over_100', NULL, territory_id, month, NULL, participating_dwellings,
        format('les bailleurs participants ont %s logements, le RPLS de %s en compte %s : un parc compté deux fois, ou un '
            'périmètre qui a changé', participating_dwellings, rpls_year, rpls_dwellings)
    FROM core.coverage_month JOIN core.window_state ON month = date_trunc('month', as_of::timestamp)
    WHERE representativeness > 1
    UNION ALL
    SELECT 'declaration_back_in_time', landlord, NULL, date_trunc('month', complete_through::timestamp)::date, NULL, NULL,
        format('déclaré complet jusqu''au %s, après l''avoir été jusqu''au %s : les mois entre les deux ne sont plus déclarés',
            to_char(complete_through, 'DD/MM/YYYY'), to_char(earlier, 'DD/MM/YYYY'))
    FROM core.declared_through AS newest
    CROSS JOIN LATERAL (SELECT max(before.complete_through) AS earlier FROM core.declaration AS before
        WHERE before.landlord = newest.landlord AND before.scope = newest.scope) AS all_of_it
    WHERE complete_through < earlier
    UNION ALL
    SELECT 'stock_not_as_expected', siren, NULL, NULL, NULL, dwellings,
        format('%s logements dans son parc, %s attendus lors de son accueil', coalesce(dwellings, 0), expected_dwellings)
    FROM core.landlord
    LEFT JOIN (SELECT counted_for AS siren, sum(dwellings) AS dwellings
          FROM core.window_state
          JOIN core.landlord_month ON month = date_trunc('month', as_of::timestamp)
          JOIN core.cell_month USING (landlord, month) GROUP BY 1) AS present USING (siren)
    WHERE merged_into IS NULL AND abs(coalesce(dwellings, 0) - expected_dwellings) > 0.2 * expected_dwellings
    UNION ALL
    SELECT 'counts_only', landlord, NULL, NULL, NULL, NULL,
        'a envoyé des comptes au lieu de mouvements : ses logements pèsent dans les taux d''emménagement (type RPLS) et de '
            'préavis de ses territoires, ses relocations et ses préavis n''y sont pas ; ces taux y sont trop bas'
    FROM core.unlinked_landlord_month JOIN core.window_state ON month = date_trunc('month', as_of::timestamp)
)
SELECT kind, landlord, territory_id, month, moves, dwellings, message_fr FROM found;

-- Written whole by the worker once measures changed (streams/publication/findings.py). Stored, for a whole country's take
-- a second, and for a condition of a reader's own, tried on the rows that the threshold leaves out, would tell of them.
CREATE TABLE core.finding (
    kind text NOT NULL,
    landlord text,
    territory_id integer,
    month date,
    moves bigint,
    dwellings bigint,
    message_fr text NOT NULL
);

CREATE VIEW staff.finding AS
SELECT kind, landlord, landlord.name AS landlord_name, territory_id, level, territory.code, territory.name, month, moves,
    dwellings, message_fr
FROM core.finding LEFT JOIN staff.landlord USING (landlord) LEFT JOIN core.territory USING (territory_id);
