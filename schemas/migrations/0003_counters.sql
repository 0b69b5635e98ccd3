-- The grains of counters. Invariant: in every committed state each equals a recount of `core.move`.

-- Append-only signed deltas by Paris day of receipt: any past state can be recomputed as it was known then.
CREATE TABLE core.fact (
    received_on date NOT NULL,
    effect_month date NOT NULL,
    cell_id integer NOT NULL,
    flow smallint NOT NULL,
    delta integer NOT NULL,
    tenancy_started_on date,
    landlord text NOT NULL,
    reason text NOT NULL,
    place text NOT NULL,
    rooms text NOT NULL,
    financing text
);
SELECT create_hypertable('core.fact', by_range('received_on', interval '1 year'), create_default_indexes => false);

-- By day and cell. The landlord in every key keeps two workers off one row.
CREATE TABLE core.daily_counter (
    cell_id integer NOT NULL,
    day date NOT NULL,
    flow smallint NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (cell_id, day, flow, landlord)
) WITH (fillfactor = 90);
CREATE INDEX ON core.daily_counter (day);

-- By month and territory of the whole ladder: what trends and declared windows read.
CREATE TABLE core.monthly_counter (
    territory_id integer NOT NULL,
    month date NOT NULL,
    flow smallint NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (territory_id, landlord, month, flow)
) WITH (fillfactor = 80);

-- Live windows of 30, 90 and 365 days, by territory. A window of w days holds as_of - w + 1 .. as_of.
CREATE TABLE core.rolling_counter (
    territory_id integer NOT NULL,
    window_days smallint NOT NULL,
    flow smallint NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (territory_id, window_days, flow, landlord)
) WITH (fillfactor = 80);

CREATE TABLE core.rolling_window (window_days smallint PRIMARY KEY);
INSERT INTO core.rolling_window VALUES (30), (90), (365);

-- A batch takes the row FOR SHARE, the midnight roll FOR UPDATE: otherwise a roll beside a batch in
-- flight leaves a wrong window (shown by experiment).
CREATE TABLE core.window_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    as_of date NOT NULL
);
INSERT INTO core.window_state (as_of) VALUES ((now() AT TIME ZONE 'Europe/Paris')::date);

-- The moves that count, and as what: from what was declared, not from the number that the worker gave them.
-- A reason that only a newer list knows is counted as `autre`; what is no move has no flow.
CREATE VIEW core.counted_move AS
SELECT move.landlord, move.move_id, move.effective_on, move.cell_id, flow.flow, move.tenancy_started_on, move.reason,
    move.place, move.rooms, move.financing
FROM core.move
JOIN core.cell USING (cell_id)
JOIN core.nature AS other ON other.direction = move.direction AND other.reason = 'autre'
LEFT JOIN core.nature ON nature.direction = move.direction AND nature.reason = move.reason
JOIN core.flow ON flow.direction = move.direction
    AND flow.nature_class = coalesce(nature.nature_class, other.nature_class)
    AND flow.inside_qpv = (cell.qpv_2024 IS NOT NULL) AND flow.month_precision = (move.date_precision = 'month')
WHERE move.status = 'effective';

-- The recount: what every counter must equal.
CREATE VIEW core.daily_recount AS
SELECT cell_id, effective_on AS day, flow, landlord, count(*)::integer AS n
FROM core.counted_move GROUP BY 1, 2, 3, 4;

CREATE VIEW core.monthly_recount AS
SELECT territory_id, date_trunc('month', day)::date AS month, flow, landlord, sum(n)::integer AS n
FROM core.daily_recount JOIN core.cell_ladder USING (cell_id) GROUP BY 1, 2, 3, 4;

CREATE VIEW core.rolling_recount AS
SELECT territory_id, window_days, flow, landlord, sum(n)::integer AS n
FROM core.window_state
CROSS JOIN core.rolling_window
JOIN core.daily_recount ON day > as_of - window_days AND day <= as_of
JOIN core.cell_ladder USING (cell_id) GROUP BY 1, 2, 3, 4;

CREATE VIEW core.fact_recount AS
SELECT date_trunc('month', effective_on)::date AS effect_month, cell_id, flow, tenancy_started_on, landlord, reason,
    place, rooms, financing, count(*)::integer AS n
FROM core.counted_move GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;

CREATE VIEW core.fact_total AS
SELECT effect_month, cell_id, flow, tenancy_started_on, landlord, reason, place, rooms, financing, sum(delta)::integer AS n
FROM core.fact GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9 HAVING sum(delta) <> 0;
