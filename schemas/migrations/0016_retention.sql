-- Retention and rights: old rows are folded into a base without pseudonyms, histories have windows, analysts are named.
-- Invariant: ledger and base together are what every counter counts, whatever was folded and when.

-- `months`: how long a row of the ledger is kept after the month of its effect. Before `folded_before`, the first of a
-- month, rows may have been folded and days are counted by month; it never goes back.
CREATE TABLE core.retention (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    months smallint NOT NULL DEFAULT 25 CHECK (months BETWEEN 14 AND 120),
    folded_before date NOT NULL DEFAULT '1900-01-01' CHECK (extract(day FROM folded_before) = 1),
    last_run_on date,
    last_run_at timestamptz
);
INSERT INTO core.retention DEFAULT VALUES;

-- What folded rows contributed to counters (to measures that link moves: `core.linked_base`): no dwelling, no move, no household. What was erased before its time keeps its day until
-- that time; then `day` is the first of its month and `tenancy_started_on` the first of its year.
CREATE TABLE core.folded (
    landlord text NOT NULL,
    cell_id integer NOT NULL,
    day date NOT NULL,
    flow smallint NOT NULL,
    tenancy_started_on date,
    reason text NOT NULL,
    place text NOT NULL,
    rooms text NOT NULL,
    financing text,
    n integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (landlord, cell_id, day, flow, tenancy_started_on, reason, place, rooms, financing)
);

-- What is left of a folded move: enough to refuse whatever is said of it later, under any date.
CREATE TABLE core.tombstone (
    landlord text NOT NULL,
    move_id uuid NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (move_id, landlord)
);

-- When a landlord's first history is taken: events received from `opened_on` on, before `closes_on`, with effect from
-- `from_month` on. Nothing of a landlord is folded while its window is open.
CREATE TABLE core.backfill (
    landlord text NOT NULL,
    opened_on date NOT NULL,
    closes_on date NOT NULL,
    from_month date NOT NULL CHECK (extract(day FROM from_month) = 1),
    PRIMARY KEY (landlord, opened_on),
    CHECK (closes_on >= opened_on)
);

CREATE FUNCTION core.coarse_day(day date, folded_before date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN day < folded_before THEN date_trunc('month', day::timestamp)::date ELSE day END;

CREATE FUNCTION core.coarse_start(started_on date, effective_on date, folded_before date) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN effective_on < folded_before THEN date_trunc('year', started_on::timestamp)::date ELSE started_on END;

-- The class is taken from the code lists, as a move's is.
CREATE VIEW core.counted_folded AS
SELECT folded.landlord, folded.day, folded.cell_id, folded.flow AS old_flow, flow.flow, folded.tenancy_started_on,
    folded.reason, folded.place, folded.rooms, folded.financing, folded.n
FROM core.folded
JOIN core.cell USING (cell_id)
JOIN core.flow AS was ON was.flow = folded.flow
JOIN core.nature AS other ON other.direction = was.direction AND other.reason = 'autre'
LEFT JOIN core.nature ON nature.direction = was.direction AND nature.reason = folded.reason
JOIN core.flow ON flow.direction = was.direction
    AND flow.nature_class = coalesce(nature.nature_class, other.nature_class)
    AND flow.inside_qpv IS NOT DISTINCT FROM cell.inside_qpv AND flow.month_precision = was.month_precision;

CREATE OR REPLACE VIEW core.counted AS
SELECT landlord, effective_on, cell_id, flow, tenancy_started_on, reason, place, rooms, financing, 1 AS n
FROM core.counted_move
UNION ALL
SELECT landlord, month, cell_id, flow, NULL, reason, 'unknown', 'unknown', NULL, n FROM core.counted_count
UNION ALL
SELECT landlord, day, cell_id, flow, tenancy_started_on, reason, place, rooms, financing, n FROM core.counted_folded;

-- Counters and recount are compared as coarse as the limit makes them, so that folding may stop after any slice.
-- The limit is asked for by itself: the planner takes a table of one row that was never analyzed for a large one.
-- A correction of a month that is folded already takes its old day away: one day below nought, the month right.
CREATE VIEW core.daily_total AS
SELECT cell_id, core.coarse_day(day, (SELECT folded_before FROM core.retention)) AS day, flow, landlord,
    sum(n)::integer AS n
FROM core.daily_counter GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 OR bool_or(n = 0);

CREATE OR REPLACE VIEW core.daily_recount AS
SELECT cell_id, core.coarse_day(effective_on, (SELECT folded_before FROM core.retention)) AS day, flow, landlord,
    sum(n)::integer AS n
FROM core.counted GROUP BY 1, 2, 3, 4;

CREATE OR REPLACE VIEW core.fact_recount AS
SELECT date_trunc('month', effective_on)::date AS effect_month, cell_id, flow,
    core.coarse_start(tenancy_started_on, effective_on, (SELECT folded_before FROM core.retention)) AS tenancy_started_on,
    landlord, reason, place, rooms, financing, sum(n)::integer AS n
FROM core.counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

CREATE OR REPLACE VIEW core.fact_total AS
SELECT effect_month, cell_id, flow,
    core.coarse_start(tenancy_started_on, effect_month, (SELECT folded_before FROM core.retention)) AS tenancy_started_on,
    landlord, reason, place, rooms, financing, sum(delta)::integer AS n
FROM core.fact GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(delta) <> 0;

-- Analysts read raw counters, and no row of the ledger: neither a pseudonym, nor what a landlord sent.
REVOKE SELECT ON core.move, core.counted_move, core.counted, core.folded, core.tombstone, core.outbox, core.quarantine,
    core.dwelling_move, core.dwelling_move_recount, core.dwelling_sequence FROM analyst;
GRANT SELECT (quarantine_id, topic, partition, message_offset, event_index, landlord, received_at, reason, redriven_at,
    purged_at) ON core.quarantine TO analyst;
