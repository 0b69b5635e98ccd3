-- Measures: what indicators are made of, kept by cell, then by territory over declared landlord-months only.
-- Invariant: `cell_month` equals `cell_month_recount`, and `observed_month` equals `observed_month_recount`, whenever
-- the refresh (streams/measures/) has taken up all that was recorded. Numerators and denominators, never rates.

-- In which transaction a row was last written: the refresh takes up what was recorded since it last ran.
ALTER TABLE core.fact ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.move ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.stock ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.declaration ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX ON core.fact USING brin (recorded_in) WITH (pages_per_range = 16);

-- Moves of a month, by cell and landlord. `left_*`: departures by destination; what remains to `departures` is unknown.
-- Of `departures`, the three kinds of internal ones and those without a reason; what remains left the social stock.
-- `relet_dwellings_12_months` is a level, not a flow: distinct dwellings re-let in the 12 months that end with this one.
CREATE TABLE core.cell_month (
    cell_id integer NOT NULL,
    landlord text NOT NULL,
    month date NOT NULL,
    departures integer NOT NULL DEFAULT 0,
    departures_same_landlord integer NOT NULL DEFAULT 0,
    departures_other_landlord integer NOT NULL DEFAULT 0,
    departures_rehoused integer NOT NULL DEFAULT 0,
    departures_reason_unknown integer NOT NULL DEFAULT 0,
    left_same_qpv integer NOT NULL DEFAULT 0,
    left_other_qpv integer NOT NULL DEFAULT 0,
    left_same_commune integer NOT NULL DEFAULT 0,
    left_same_epci integer NOT NULL DEFAULT 0,
    left_departement integer NOT NULL DEFAULT 0,
    left_region integer NOT NULL DEFAULT 0,
    left_elsewhere integer NOT NULL DEFAULT 0,
    arrivals integer NOT NULL DEFAULT 0,
    first_lettings integer NOT NULL DEFAULT 0,
    arrivals_same_landlord integer NOT NULL DEFAULT 0,
    arrivals_rehoused integer NOT NULL DEFAULT 0,
    came_same_qpv integer NOT NULL DEFAULT 0,
    came_other_qpv integer NOT NULL DEFAULT 0,
    came_same_commune integer NOT NULL DEFAULT 0,
    came_same_epci integer NOT NULL DEFAULT 0,
    came_departement integer NOT NULL DEFAULT 0,
    came_region integer NOT NULL DEFAULT 0,
    came_elsewhere integer NOT NULL DEFAULT 0,
    sold_to_tenant integer NOT NULL DEFAULT 0,
    relet_dwellings_12_months integer NOT NULL DEFAULT 0,
    notices integer NOT NULL DEFAULT 0,
    notices_withdrawn integer NOT NULL DEFAULT 0,
    PRIMARY KEY (cell_id, landlord, month)
) WITH (fillfactor = 80);
CREATE INDEX ON core.cell_month (landlord, month);

-- By territory, part and month, over the landlords that have declared the month: numerators and denominators of the
-- same dwellings. `part`: all, qpv, hors_qpv, non_localise; a QPV has only `all`.
-- `all_dwellings`: of every participating landlord; `dwellings`, `vacant`, ...: of those that declared.
CREATE TABLE core.observed_month (
    territory_id integer NOT NULL,
    part text NOT NULL,
    month date NOT NULL,
    landlords integer NOT NULL,
    declared_landlords integer NOT NULL,
    all_dwellings integer NOT NULL,
    dwellings integer NOT NULL,
    vacant integer NOT NULL,
    vacant_over_3_months integer NOT NULL,
    first_let_within_12_months integer NOT NULL,
    out_of_market integer NOT NULL,
    departures integer NOT NULL,
    departures_same_landlord integer NOT NULL,
    departures_other_landlord integer NOT NULL,
    departures_rehoused integer NOT NULL,
    departures_reason_unknown integer NOT NULL,
    left_same_qpv integer NOT NULL,
    left_other_qpv integer NOT NULL,
    left_same_commune integer NOT NULL,
    left_same_epci integer NOT NULL,
    left_departement integer NOT NULL,
    left_region integer NOT NULL,
    left_elsewhere integer NOT NULL,
    arrivals integer NOT NULL,
    first_lettings integer NOT NULL,
    arrivals_same_landlord integer NOT NULL,
    arrivals_rehoused integer NOT NULL,
    came_same_qpv integer NOT NULL,
    came_other_qpv integer NOT NULL,
    came_same_commune integer NOT NULL,
    came_same_epci integer NOT NULL,
    came_departement integer NOT NULL,
    came_region integer NOT NULL,
    came_elsewhere integer NOT NULL,
    sold_to_tenant integer NOT NULL,
    relet_dwellings_12_months integer NOT NULL,
    notices integer NOT NULL,
    notices_withdrawn integer NOT NULL,
    PRIMARY KEY (territory_id, part, month)
) WITH (fillfactor = 80);

-- The month up to which a territory can be spoken of: the last one complete enough (staff_rule), of the last 36.
CREATE TABLE core.complete_through (
    territory_id integer NOT NULL,
    part text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (territory_id, part)
);

-- Windows of 1, 3 and 12 whole months that end with `month`. Moves are summed, dwellings are means over the window,
-- `relet_dwellings_12_months` is that of the last month. `months`: of the window, those that are there.
CREATE VIEW core.observed_window AS
SELECT last.territory_id, last.part, last.month, length AS window_months, last.relet_dwellings_12_months, summed.*
FROM core.observed_month AS last
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
CROSS JOIN LATERAL (
    SELECT count(*)::integer AS months,
        avg(all_dwellings) AS all_dwellings, avg(dwellings) AS dwellings, avg(vacant) AS vacant,
        avg(vacant_over_3_months) AS vacant_over_3_months, avg(first_let_within_12_months) AS first_let_within_12_months,
        avg(out_of_market) AS out_of_market,
        sum(departures) AS departures, sum(departures_same_landlord) AS departures_same_landlord,
        sum(departures_other_landlord) AS departures_other_landlord, sum(departures_rehoused) AS departures_rehoused,
        sum(departures_reason_unknown) AS departures_reason_unknown, sum(left_same_qpv) AS left_same_qpv,
        sum(left_other_qpv) AS left_other_qpv, sum(left_same_commune) AS left_same_commune,
        sum(left_same_epci) AS left_same_epci, sum(left_departement) AS left_departement, sum(left_region) AS left_region,
        sum(left_elsewhere) AS left_elsewhere, sum(arrivals) AS arrivals, sum(first_lettings) AS first_lettings,
        sum(arrivals_same_landlord) AS arrivals_same_landlord, sum(arrivals_rehoused) AS arrivals_rehoused,
        sum(came_same_qpv) AS came_same_qpv, sum(came_other_qpv) AS came_other_qpv,
        sum(came_same_commune) AS came_same_commune, sum(came_same_epci) AS came_same_epci,
        sum(came_departement) AS came_departement, sum(came_region) AS came_region, sum(came_elsewhere) AS came_elsewhere,
        sum(sold_to_tenant) AS sold_to_tenant, sum(notices) AS notices, sum(notices_withdrawn) AS notices_withdrawn
    FROM core.observed_month AS one
    WHERE one.territory_id = last.territory_id AND one.part = last.part
        AND one.month > last.month - length * interval '1 month' AND one.month <= last.month
) AS summed;

-- How far the refresh has gone: every transaction before `taken_up_to` is in the measures.
CREATE TABLE core.measure_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    taken_up_to bigint NOT NULL DEFAULT 0,
    refreshed_at timestamptz
);
INSERT INTO core.measure_state DEFAULT VALUES;
