-- Measures: what indicators are made of, kept by cell, then by territory over declared landlord-months only.
-- Invariant: `cell_month`, `landlord_month` and `observed_month` equal their recounts whenever the refresh
-- (streams/measures/) has taken up all that was recorded. Numerators and denominators, never rates.

-- In which transaction a row was last written: the refresh takes up what was recorded since it last ran.
ALTER TABLE core.fact ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.move ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.stock ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE core.declaration ADD COLUMN recorded_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX ON core.fact USING brin (recorded_in) WITH (pages_per_range = 16, autosummarize = on);

-- Moves of a month, by cell and landlord, and the dwellings that they came from and went to: those of the stock in
-- force, less what was sold to its tenant, plus what was first let, since its date: from the month after on.
-- Each column has one writer: the ledger's (relet_dwellings_12_months, notices, notices_withdrawn) are written apart.
-- Technical moves are in none but `sold_to_tenant`.
-- `left_*`: departures by destination; what remains to `departures` is unknown.
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
    dwellings integer NOT NULL DEFAULT 0,
    vacant integer NOT NULL DEFAULT 0,
    vacant_over_3_months integer NOT NULL DEFAULT 0,
    first_let_within_12_months integer NOT NULL DEFAULT 0,
    out_of_market integer NOT NULL DEFAULT 0,
    PRIMARY KEY (cell_id, landlord, month)
) WITH (fillfactor = 80);
CREATE INDEX ON core.cell_month (landlord, month);

-- What covers a landlord's moves and dwellings in a month; no row, and the month is not covered.
-- `counted_for`: the landlord itself, or the one that took it over, whose declarations then decide. `inside_on`,
-- `outside_on`: dates of the stocks in force for its quartiers and for the rest, null once the successor's own stock
-- holds both. `whole`: whether what lies outside of quartiers is in the stock; if not, the landlord is in no
-- denominator but that of quartiers. `recorded_in`: that of the newer stock, so that a replaced one is noticed.
CREATE TABLE core.landlord_month (
    landlord text NOT NULL,
    month date NOT NULL,
    counted_for text NOT NULL,
    inside_on date,
    outside_on date,
    whole boolean NOT NULL,
    declared_qpv boolean NOT NULL,
    declared_whole boolean NOT NULL,
    recorded_in bigint,
    PRIMARY KEY (landlord, month)
);
CREATE INDEX ON core.landlord_month (counted_for, month);
-- A recount fills them in one transaction, and must know how full they are for its next step.
GRANT MAINTAIN ON core.cell_month, core.landlord_month TO ingest;

-- By territory, part and month, over the landlords that have declared the month: numerators and denominators of the
-- same dwellings. `part`: all, qpv, hors_qpv, non_localise; a QPV has only `all`.
-- `all_dwellings`: of every participating landlord; `dwellings`, `vacant`, ...: of those that declared.
CREATE TABLE core.observed_month (
    territory_id integer NOT NULL,
    part text NOT NULL,
    month date NOT NULL,
    landlords integer NOT NULL,
    declared_landlords integer NOT NULL,
    all_dwellings bigint NOT NULL,
    dwellings bigint NOT NULL,
    vacant bigint NOT NULL,
    vacant_over_3_months bigint NOT NULL,
    first_let_within_12_months bigint NOT NULL,
    out_of_market bigint NOT NULL,
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
-- 0: never. `as_of`: the last day that the measures know of. `standing`: mergers and rules as they were taken up.
-- `cluster`: the database server whose transactions these are; another one numbers them anew.
CREATE TABLE core.measure_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    taken_up_to bigint NOT NULL DEFAULT 0,
    as_of date,
    standing text,
    cluster text,
    refreshed_at timestamptz
);
INSERT INTO core.measure_state DEFAULT VALUES;

-- What a fact adds to which column: `delta` moves of a landlord's month, seen as departures or as arrivals.
-- Technical moves are neither; of them a sale to the tenant alone is counted, because it takes a dwelling out.
CREATE VIEW core.measured_fact AS
SELECT recorded_in, cell_id, landlord, effect_month AS month, reason, place, nature_class,
    CASE WHEN nature_class <> 'technical' AND direction = 'out' THEN delta ELSE 0 END AS departing,
    CASE WHEN nature_class <> 'technical' AND direction = 'in' THEN delta ELSE 0 END AS arriving,
    CASE WHEN direction = 'out' AND reason = 'vente_occupant' THEN delta ELSE 0 END AS sold
FROM core.fact JOIN core.flow USING (flow);

-- Moves of a month by cell and landlord, from the facts of the transactions from `since` on and before `upto`. The
-- recount has those that the refresh has taken up: what it waits for is not there.
CREATE FUNCTION core.moves_recorded(since bigint, upto bigint)
RETURNS TABLE (cell_id integer, landlord text, month date,
    departures integer, departures_same_landlord integer, departures_other_landlord integer,
    departures_rehoused integer, departures_reason_unknown integer, left_same_qpv integer, left_other_qpv integer,
    left_same_commune integer, left_same_epci integer, left_departement integer, left_region integer,
    left_elsewhere integer, arrivals integer, first_lettings integer, arrivals_same_landlord integer,
    arrivals_rehoused integer, came_same_qpv integer, came_other_qpv integer, came_same_commune integer,
    came_same_epci integer, came_departement integer, came_region integer, came_elsewhere integer,
    sold_to_tenant integer)
LANGUAGE sql STABLE PARALLEL SAFE BEGIN ATOMIC
SELECT cell_id, landlord, month,
    sum(departing)::integer,
    coalesce(sum(departing) FILTER (WHERE reason = 'mutation_interne'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE reason = 'autre_bailleur'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE nature_class = 'relogement'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE reason = 'non_renseigne'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'same_qpv'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'other_qpv'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'same_commune'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'same_epci'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'departement'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'region'), 0)::integer,
    coalesce(sum(departing) FILTER (WHERE place = 'elsewhere'), 0)::integer,
    sum(arriving)::integer,
    coalesce(sum(arriving) FILTER (WHERE nature_class = 'first_letting'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE nature_class = 'internal'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE nature_class = 'relogement'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'same_qpv'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'other_qpv'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'same_commune'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'same_epci'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'departement'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'region'), 0)::integer,
    coalesce(sum(arriving) FILTER (WHERE place = 'elsewhere'), 0)::integer,
    sum(sold)::integer
FROM core.measured_fact WHERE recorded_in >= since AND recorded_in < upto
GROUP BY 1, 2, 3;
END;

CREATE VIEW core.cell_moves_recount AS
SELECT moved.* FROM core.measure_state CROSS JOIN LATERAL core.moves_recorded(0, taken_up_to) AS moved;

-- What only the ledger knows of a month, by cell and landlord: filled by a later migration.
CREATE VIEW core.cell_ledger_recount AS
SELECT NULL::integer AS cell_id, NULL::text AS landlord, NULL::date AS month, 0 AS relet_dwellings_12_months,
    0 AS notices, 0 AS notices_withdrawn
WHERE false;

-- Whose a landlord's dwellings and moves are, from a month on: its own, then its successor's, and so on.
CREATE VIEW core.landlord_at AS
WITH RECURSIVE step AS (
    SELECT siren AS landlord, siren AS counted_for, '-infinity'::date AS since, NULL::date AS taken_over_on, 0 AS depth
    FROM (SELECT siren FROM core.landlord UNION SELECT landlord FROM core.stock) AS known
    UNION ALL
    SELECT landlord, merged_into, greatest(since, date_trunc('month', merged_on::timestamp)::date), merged_on, depth + 1
    FROM step JOIN core.landlord ON siren = counted_for WHERE merged_into IS NOT NULL AND depth < 50
)
SELECT landlord, counted_for, since, taken_over_on,
    coalesce(lead(since) OVER (PARTITION BY landlord ORDER BY depth), 'infinity') AS until
FROM step;

-- The stock in force in each month, for quartiers (`inside`) and for the rest. A stock holds from its month until the
-- month of the next one. One of the quartiers only replaces what is known of quartiers, and of the rest only where no
-- whole stock was ever sent. After a merger it holds for the successor, until that one's own stock of a later day.
-- Of some landlords, of whom those that follow one another are all there, or of everybody.
CREATE FUNCTION core.stock_in_force(landlords text[])
RETURNS TABLE (landlord text, counted_for text, month date, inside boolean, stock_on date, scope text,
    recorded_in bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
WITH side AS (
    SELECT landlord, inside, stock_on, scope, recorded_in,
        date_trunc('month', stock_on::timestamp)::date AS first_month,
        coalesce(lead(date_trunc('month', stock_on::timestamp)::date)
            OVER (PARTITION BY landlord, inside ORDER BY stock_on), 'infinity') AS next_month
    FROM core.stock CROSS JOIN (VALUES (true), (false)) AS sides (inside)
    WHERE (landlords IS NULL OR landlord = ANY (landlords))
        AND (inside OR scope = 'whole_stock' OR NOT EXISTS (SELECT FROM core.stock AS whole
            WHERE whole.landlord = stock.landlord AND whole.scope = 'whole_stock' AND whole.stock_on < stock.stock_on))
)
SELECT side.landlord, counted_for, calendar.month, inside, stock_on, scope, recorded_in
FROM side
JOIN core.landlord_at USING (landlord)
CROSS JOIN LATERAL (SELECT coalesce(min(own.first_month), 'infinity') AS month FROM side AS own
    WHERE own.landlord = counted_for AND counted_for <> side.landlord AND own.inside = side.inside
        AND own.stock_on >= taken_over_on) AS successors_own
CROSS JOIN core.window_state
JOIN core.calendar ON calendar.month >= first_month AND calendar.month < next_month AND calendar.month >= since
    AND calendar.month < until AND calendar.month < successors_own.month AND calendar.month <= as_of;
END;

-- What covers each month of each landlord. After a merger the moves that still count at the landlord that was taken
-- over are covered as its successor's are, whether its own stock still holds or not.
CREATE FUNCTION core.landlord_months(landlords text[])
RETURNS TABLE (landlord text, month date, counted_for text, inside_on date, outside_on date, whole boolean,
    declared_qpv boolean, declared_whole boolean, recorded_in bigint)
LANGUAGE sql STABLE BEGIN ATOMIC
WITH own AS (
    SELECT landlord, month, counted_for, max(stock_on) FILTER (WHERE inside) AS inside_on,
        max(stock_on) FILTER (WHERE NOT inside) AS outside_on,
        coalesce(bool_or(scope = 'whole_stock') FILTER (WHERE NOT inside), false) AS whole,
        max(recorded_in) AS recorded_in
    FROM core.stock_in_force(landlords) GROUP BY 1, 2, 3
), covered AS (
    SELECT counted_for, month, bool_or(whole) AS whole FROM own GROUP BY 1, 2
), through AS (
    SELECT landlord AS counted_for,
        max(complete_from) FILTER (WHERE scope = 'whole_stock') AS whole_from,
        max(complete_through) FILTER (WHERE scope = 'whole_stock') AS whole_through,
        max(complete_from) FILTER (WHERE scope = 'qpv_only') AS qpv_from,
        max(complete_through) FILTER (WHERE scope = 'qpv_only') AS qpv_through
    FROM core.declared_through GROUP BY 1
)
SELECT landlord, month, counted_for, inside_on, outside_on, coalesce(own.whole, covered.whole) AS whole,
    coalesce(month >= whole_from AND (month + interval '1 month - 1 day')::date <= whole_through, false)
        OR coalesce(month >= qpv_from AND (month + interval '1 month - 1 day')::date <= qpv_through, false)
        AS declared_qpv,
    coalesce(month >= whole_from AND (month + interval '1 month - 1 day')::date <= whole_through, false)
        AS declared_whole,
    recorded_in
FROM covered
JOIN core.landlord_at USING (counted_for)
LEFT JOIN own USING (landlord, counted_for, month)
LEFT JOIN through USING (counted_for)
WHERE month >= since AND month < until;
END;
CREATE VIEW core.landlord_month_recount AS SELECT * FROM core.landlord_months(NULL);

-- A stock's dwellings by cell, rooms summed. `inside`: in a quartier of 2024, which one known or not.
CREATE VIEW core.stock_dwellings AS
SELECT landlord, stock_on, cell_id, qpv_status = 'inside' AS inside,
    sum("let"::bigint + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months)::integer AS dwellings,
    sum(on_offer_vacant_up_to_3_months::bigint + on_offer_vacant_over_3_months)::integer AS vacant,
    sum(on_offer_vacant_over_3_months)::integer AS vacant_over_3_months,
    sum(first_let_within_12_months)::integer AS first_let_within_12_months,
    sum(out_of_market_works::bigint + out_of_market_demolition + out_of_market_sale)::integer AS out_of_market
FROM core.stock_cell JOIN core.cell USING (cell_id)
GROUP BY 1, 2, 3, 4;

-- The stock in force by cell and month, moved on. A dwelling enters the stock with its first letting (RPLS counts it
-- from then on), so a photo has no dwelling that is first let after it. Facts know months: those that begin on the
-- photo's day or later are after it. A stock that would become negative is nought, and a finding.
CREATE VIEW core.cell_dwellings_recount AS
WITH covered AS MATERIALIZED (
    SELECT landlord, month, inside, CASE WHEN inside THEN inside_on ELSE outside_on END AS stock_on
    FROM core.landlord_month_recount CROSS JOIN (VALUES (true), (false)) AS sides (inside)
)
SELECT cell_id, landlord, month, greatest(sum(dwellings), 0)::integer AS dwellings, sum(vacant)::integer AS vacant,
    sum(vacant_over_3_months)::integer AS vacant_over_3_months,
    sum(first_let_within_12_months)::integer AS first_let_within_12_months, sum(out_of_market)::integer AS out_of_market
FROM (
    SELECT cell_id, landlord, month, dwellings, vacant, vacant_over_3_months, first_let_within_12_months, out_of_market
    FROM covered JOIN core.stock_dwellings USING (landlord, stock_on, inside)
    UNION ALL
    SELECT cell_id, landlord, covered.month, first_lettings - sold_to_tenant, 0, 0, 0, 0
    FROM covered
    JOIN core.cell_moves_recount AS moved USING (landlord)
    JOIN core.cell USING (cell_id)
    WHERE inside = (qpv_status = 'inside') AND moved.month >= stock_on AND moved.month < covered.month
        AND first_lettings <> sold_to_tenant
) AS part
GROUP BY 1, 2, 3;

CREATE VIEW core.cell_month_recount AS
SELECT cell_id, landlord, month,
    coalesce(departures, 0) AS departures, coalesce(departures_same_landlord, 0) AS departures_same_landlord,
    coalesce(departures_other_landlord, 0) AS departures_other_landlord,
    coalesce(departures_rehoused, 0) AS departures_rehoused,
    coalesce(departures_reason_unknown, 0) AS departures_reason_unknown, coalesce(left_same_qpv, 0) AS left_same_qpv,
    coalesce(left_other_qpv, 0) AS left_other_qpv, coalesce(left_same_commune, 0) AS left_same_commune,
    coalesce(left_same_epci, 0) AS left_same_epci, coalesce(left_departement, 0) AS left_departement,
    coalesce(left_region, 0) AS left_region, coalesce(left_elsewhere, 0) AS left_elsewhere,
    coalesce(arrivals, 0) AS arrivals, coalesce(first_lettings, 0) AS first_lettings,
    coalesce(arrivals_same_landlord, 0) AS arrivals_same_landlord,
    coalesce(arrivals_rehoused, 0) AS arrivals_rehoused, coalesce(came_same_qpv, 0) AS came_same_qpv,
    coalesce(came_other_qpv, 0) AS came_other_qpv, coalesce(came_same_commune, 0) AS came_same_commune,
    coalesce(came_same_epci, 0) AS came_same_epci, coalesce(came_departement, 0) AS came_departement,
    coalesce(came_region, 0) AS came_region, coalesce(came_elsewhere, 0) AS came_elsewhere,
    coalesce(sold_to_tenant, 0) AS sold_to_tenant,
    coalesce(relet_dwellings_12_months, 0) AS relet_dwellings_12_months, coalesce(notices, 0) AS notices,
    coalesce(notices_withdrawn, 0) AS notices_withdrawn, coalesce(dwellings, 0) AS dwellings,
    coalesce(vacant, 0) AS vacant, coalesce(vacant_over_3_months, 0) AS vacant_over_3_months,
    coalesce(first_let_within_12_months, 0) AS first_let_within_12_months,
    coalesce(out_of_market, 0) AS out_of_market
FROM core.cell_moves_recount
FULL JOIN core.cell_ledger_recount USING (cell_id, landlord, month)
FULL JOIN core.cell_dwellings_recount USING (cell_id, landlord, month)
WHERE
    departures <> 0 OR departures_same_landlord <> 0 OR departures_other_landlord <> 0 OR
    departures_rehoused <> 0 OR departures_reason_unknown <> 0 OR left_same_qpv <> 0 OR left_other_qpv <> 0 OR
    left_same_commune <> 0 OR left_same_epci <> 0 OR left_departement <> 0 OR left_region <> 0 OR
    left_elsewhere <> 0 OR arrivals <> 0 OR first_lettings <> 0 OR arrivals_same_landlord <> 0 OR
    arrivals_rehoused <> 0 OR came_same_qpv <> 0 OR came_other_qpv <> 0 OR came_same_commune <> 0 OR
    came_same_epci <> 0 OR came_departement <> 0 OR came_region <> 0 OR came_elsewhere <> 0 OR
    sold_to_tenant <> 0 OR
    relet_dwellings_12_months <> 0 OR notices <> 0 OR notices_withdrawn <> 0 OR
    dwellings <> 0 OR vacant <> 0 OR vacant_over_3_months <> 0 OR first_let_within_12_months <> 0 OR
    out_of_market <> 0;

-- Of which territories and parts a cell is. `of_quartiers`: what a landlord that declares its quartiers only is in.
CREATE VIEW core.cell_part AS
SELECT cell_id, territory_id, part.name AS part, part.of_quartiers
FROM core.cell JOIN core.cell_territory USING (cell_id) JOIN core.territory USING (territory_id)
CROSS JOIN LATERAL (
    SELECT 'all' AS name, level IN ('qpv_2024', 'qpv_2015') AS of_quartiers
    UNION ALL
    SELECT CASE WHEN inside_qpv THEN 'qpv' WHEN NOT inside_qpv THEN 'hors_qpv' ELSE 'non_localise' END,
        coalesce(inside_qpv, false)
    WHERE level NOT IN ('qpv_2024', 'qpv_2015')
) AS part;

-- Sums over the landlords that are in a part's field, moves and states over those that have declared the month.
CREATE VIEW core.observed_month_recount AS
WITH counted AS (
    SELECT territory_id, part, month, counted_for,
        CASE WHEN of_quartiers THEN declared_qpv ELSE declared_whole END AS declared,
        sum(departures) AS departures, sum(departures_same_landlord) AS departures_same_landlord,
        sum(departures_other_landlord) AS departures_other_landlord, sum(departures_rehoused) AS departures_rehoused,
        sum(departures_reason_unknown) AS departures_reason_unknown, sum(left_same_qpv) AS left_same_qpv,
        sum(left_other_qpv) AS left_other_qpv, sum(left_same_commune) AS left_same_commune,
        sum(left_same_epci) AS left_same_epci, sum(left_departement) AS left_departement,
        sum(left_region) AS left_region, sum(left_elsewhere) AS left_elsewhere, sum(arrivals) AS arrivals,
        sum(first_lettings) AS first_lettings, sum(arrivals_same_landlord) AS arrivals_same_landlord,
        sum(arrivals_rehoused) AS arrivals_rehoused, sum(came_same_qpv) AS came_same_qpv,
        sum(came_other_qpv) AS came_other_qpv, sum(came_same_commune) AS came_same_commune,
        sum(came_same_epci) AS came_same_epci, sum(came_departement) AS came_departement,
        sum(came_region) AS came_region, sum(came_elsewhere) AS came_elsewhere, sum(sold_to_tenant) AS sold_to_tenant,
        sum(relet_dwellings_12_months) AS relet_dwellings_12_months, sum(notices) AS notices,
        sum(notices_withdrawn) AS notices_withdrawn, sum(dwellings) AS dwellings, sum(vacant) AS vacant,
        sum(vacant_over_3_months) AS vacant_over_3_months,
        sum(first_let_within_12_months) AS first_let_within_12_months, sum(out_of_market) AS out_of_market
    FROM core.cell_month_recount
    JOIN core.landlord_month_recount USING (landlord, month)
    JOIN core.cell_part USING (cell_id)
    WHERE of_quartiers OR whole
    GROUP BY 1, 2, 3, 4, 5
)
SELECT territory_id, part, month, (count(*) FILTER (WHERE dwellings > 0))::integer AS landlords,
    (count(*) FILTER (WHERE dwellings > 0 AND declared))::integer AS declared_landlords,
    sum(dwellings)::bigint AS all_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0)::bigint AS dwellings,
    coalesce(sum(vacant) FILTER (WHERE declared), 0)::bigint AS vacant,
    coalesce(sum(vacant_over_3_months) FILTER (WHERE declared), 0)::bigint AS vacant_over_3_months,
    coalesce(sum(first_let_within_12_months) FILTER (WHERE declared), 0)::bigint AS first_let_within_12_months,
    coalesce(sum(out_of_market) FILTER (WHERE declared), 0)::bigint AS out_of_market,
    coalesce(sum(departures) FILTER (WHERE declared), 0)::integer AS departures,
    coalesce(sum(departures_same_landlord) FILTER (WHERE declared), 0)::integer AS departures_same_landlord,
    coalesce(sum(departures_other_landlord) FILTER (WHERE declared), 0)::integer AS departures_other_landlord,
    coalesce(sum(departures_rehoused) FILTER (WHERE declared), 0)::integer AS departures_rehoused,
    coalesce(sum(departures_reason_unknown) FILTER (WHERE declared), 0)::integer AS departures_reason_unknown,
    coalesce(sum(left_same_qpv) FILTER (WHERE declared), 0)::integer AS left_same_qpv,
    coalesce(sum(left_other_qpv) FILTER (WHERE declared), 0)::integer AS left_other_qpv,
    coalesce(sum(left_same_commune) FILTER (WHERE declared), 0)::integer AS left_same_commune,
    coalesce(sum(left_same_epci) FILTER (WHERE declared), 0)::integer AS left_same_epci,
    coalesce(sum(left_departement) FILTER (WHERE declared), 0)::integer AS left_departement,
    coalesce(sum(left_region) FILTER (WHERE declared), 0)::integer AS left_region,
    coalesce(sum(left_elsewhere) FILTER (WHERE declared), 0)::integer AS left_elsewhere,
    coalesce(sum(arrivals) FILTER (WHERE declared), 0)::integer AS arrivals,
    coalesce(sum(first_lettings) FILTER (WHERE declared), 0)::integer AS first_lettings,
    coalesce(sum(arrivals_same_landlord) FILTER (WHERE declared), 0)::integer AS arrivals_same_landlord,
    coalesce(sum(arrivals_rehoused) FILTER (WHERE declared), 0)::integer AS arrivals_rehoused,
    coalesce(sum(came_same_qpv) FILTER (WHERE declared), 0)::integer AS came_same_qpv,
    coalesce(sum(came_other_qpv) FILTER (WHERE declared), 0)::integer AS came_other_qpv,
    coalesce(sum(came_same_commune) FILTER (WHERE declared), 0)::integer AS came_same_commune,
    coalesce(sum(came_same_epci) FILTER (WHERE declared), 0)::integer AS came_same_epci,
    coalesce(sum(came_departement) FILTER (WHERE declared), 0)::integer AS came_departement,
    coalesce(sum(came_region) FILTER (WHERE declared), 0)::integer AS came_region,
    coalesce(sum(came_elsewhere) FILTER (WHERE declared), 0)::integer AS came_elsewhere,
    coalesce(sum(sold_to_tenant) FILTER (WHERE declared), 0)::integer AS sold_to_tenant,
    coalesce(sum(relet_dwellings_12_months) FILTER (WHERE declared), 0)::integer AS relet_dwellings_12_months,
    coalesce(sum(notices) FILTER (WHERE declared), 0)::integer AS notices,
    coalesce(sum(notices_withdrawn) FILTER (WHERE declared), 0)::integer AS notices_withdrawn
FROM counted
GROUP BY 1, 2, 3
HAVING sum(dwellings) <> 0 OR
    coalesce(sum(vacant) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(vacant_over_3_months) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(first_let_within_12_months) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(out_of_market) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(departures) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(departures_same_landlord) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(departures_other_landlord) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(departures_rehoused) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(departures_reason_unknown) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_same_qpv) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_other_qpv) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_same_commune) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_same_epci) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_departement) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_region) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(left_elsewhere) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(arrivals) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(first_lettings) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(arrivals_same_landlord) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(arrivals_rehoused) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_same_qpv) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_other_qpv) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_same_commune) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_same_epci) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_departement) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_region) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(came_elsewhere) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(sold_to_tenant) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(relet_dwellings_12_months) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(notices) FILTER (WHERE declared), 0) <> 0 OR
    coalesce(sum(notices_withdrawn) FILTER (WHERE declared), 0) <> 0;
