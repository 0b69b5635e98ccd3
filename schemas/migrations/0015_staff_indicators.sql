-- What staff reads of declared windows: stored (core.shown_window), no longer worked out when a panel asks.
-- Invariant: a view of `staff` reads the count of a declared window from `core.shown_window` only, where what the
-- threshold protects is null already. Zero, secret, not declared and not covered stay four statuses.

DROP VIEW staff.commune_rest, staff.declared_window, staff.declared_series, staff.complete_through, staff.completeness;
DROP VIEW core.declared_series, core.declared_so_far, core.declared_month;

-- A window that was told and whose measure is null holds a secret.
CREATE FUNCTION staff.status_of(status text, measure numeric) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN status IN ('value', 'provisional') AND measure IS NULL THEN 'secret' ELSE status END;

CREATE FUNCTION staff.month_start(month date) RETURNS timestamptz LANGUAGE sql STABLE
RETURN month::timestamp AT TIME ZONE 'Europe/Paris';

-- The last second of a month in Paris: where a window that ends with it stands on an axis of time.
CREATE FUNCTION staff.month_end(month date) RETURNS timestamptz LANGUAGE sql STABLE
RETURN ((month + interval '1 month')::timestamp AT TIME ZONE 'Europe/Paris') - interval '1 second';

-- Every measure of every window, by part. A measure is null where it is secret, and where `status` says that there is
-- nothing to tell. `through`: the month up to which the territory's part can be spoken of.
CREATE VIEW staff.measure AS
SELECT level, shown.territory_id, shown.part, window_months, shown.month, staff.month_end(shown.month) AS ends_at,
    least(complete_through.month, (SELECT through FROM core.shown_state)) AS through, status, all_dwellings, dwellings, vacant, vacant_over_3_months,
    first_let_within_12_months, out_of_market,
    told.*
FROM core.shown_window AS shown
JOIN core.territory USING (territory_id)
LEFT JOIN core.complete_through USING (territory_id, part)
LEFT JOIN LATERAL (SELECT departures, departures_same_landlord, departures_other_landlord, departures_rehoused,
    departures_reason_unknown, left_same_qpv, left_other_qpv, left_same_commune, left_same_epci, left_departement,
    left_region, left_elsewhere, arrivals, first_lettings, arrivals_same_landlord, arrivals_rehoused, came_same_qpv,
    came_other_qpv, came_same_commune, came_same_epci, came_departement, came_region, came_elsewhere, sold_to_tenant,
    relet_dwellings_12_months, notices, notices_withdrawn) AS told ON status IN ('value', 'provisional');

CREATE VIEW staff.completeness AS
SELECT level, territory_id, month, all_dwellings AS dwellings, dwellings AS declared_dwellings,
    dwellings / nullif(all_dwellings, 0) AS completeness
FROM core.shown_window JOIN core.territory USING (territory_id)
WHERE part = 'all' AND window_months = 1;

CREATE VIEW staff.complete_through AS
SELECT level, territory_id, month
FROM core.territory LEFT JOIN core.complete_through USING (territory_id)
WHERE coalesce(part, 'all') = 'all';

-- Where those who left went and where those who came came from, by class, on windows of 12 months. What the classes
-- leave of the total is unknown, and is told under the same threshold. `solde`: how many more came from there than left
-- for there.
CREATE VIEW staff.path AS
SELECT level, territory_id, part, month, ends_at, through, rank, place, leavers AS departures, comers AS arrivals,
    comers - leavers AS solde,
    staff.status_of(status, leavers) AS departures_status, staff.status_of(status, comers) AS arrivals_status
FROM staff.measure
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (VALUES
    (1, 'same_qpv', left_same_qpv, came_same_qpv),
    (2, 'other_qpv', left_other_qpv, came_other_qpv),
    (3, 'same_commune', left_same_commune, came_same_commune),
    (4, 'same_epci', left_same_epci, came_same_epci),
    (5, 'departement', left_departement, came_departement),
    (6, 'region', left_region, came_region),
    (7, 'elsewhere', left_elsewhere, came_elsewhere),
    (8, 'unknown', staff.shown(departures - left_same_qpv - left_other_qpv - left_same_commune - left_same_epci
        - left_departement - left_region - left_elsewhere, threshold),
        staff.shown(arrivals - came_same_qpv - came_other_qpv - came_same_commune - came_same_epci - came_departement
        - came_region - came_elsewhere, threshold))
) AS class (rank, place, leavers, comers)
WHERE window_months = 12;

-- Whether those who left stay in the social stock, on the same windows; what is neither is `external`.
CREATE VIEW staff.departure_kind AS
SELECT level, territory_id, part, month, ends_at, through, rank, kind, n AS departures,
    staff.status_of(status, n) AS status
FROM staff.measure
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (VALUES
    (1, 'same_landlord', departures_same_landlord::bigint),
    (2, 'other_landlord', departures_other_landlord),
    (3, 'rehoused', departures_rehoused),
    (4, 'external', staff.shown(departures - departures_same_landlord - departures_other_landlord - departures_rehoused
        - departures_reason_unknown, threshold)),
    (5, 'unknown', departures_reason_unknown)
) AS class (rank, kind, n)
WHERE window_months = 12;

-- The levels of the ladder in the reader's words, and the order in which he is offered them.
CREATE VIEW staff.level AS
SELECT * FROM (VALUES ('qpv_2024', 'Quartier prioritaire (2024)', 1), ('qpv_2015', 'Quartier prioritaire (2015)', 2),
    ('commune', 'Commune', 3), ('epci', 'EPCI', 4), ('departement', 'Département', 5), ('region', 'Région', 6),
    ('own', 'Territoire de projet', 7)) AS level (level, name, rank);
