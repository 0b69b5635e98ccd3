-- Counts of a landlord of which no row may leave: they enter the counters beside the moves, and are told apart.

CREATE TABLE core.counts (
    landlord text NOT NULL,
    month date NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    received_on date NOT NULL,
    PRIMARY KEY (landlord, month)
);
CREATE TABLE core.counts_cell (
    landlord text NOT NULL,
    month date NOT NULL,
    cell_id integer NOT NULL REFERENCES core.cell,
    flow smallint NOT NULL,
    reason text NOT NULL,
    n integer NOT NULL,
    PRIMARY KEY (landlord, month, cell_id, flow, reason)
);

-- What counts, and as what: moves one by one, and counts. `direction` of a count is its flow's; its class is taken
-- from the code lists, as a move's is.
CREATE VIEW core.counted_count AS
SELECT cell.landlord, cell.month, cell.cell_id, cell.flow AS old_flow, flow.flow, cell.reason, cell.n
FROM core.counts_cell AS cell
JOIN core.cell AS place USING (cell_id)
JOIN core.flow AS was ON was.flow = cell.flow
JOIN core.nature AS other ON other.direction = was.direction AND other.reason = 'autre'
LEFT JOIN core.nature ON nature.direction = was.direction AND nature.reason = cell.reason
JOIN core.flow ON flow.direction = was.direction
    AND flow.nature_class = coalesce(nature.nature_class, other.nature_class)
    AND flow.inside_qpv IS NOT DISTINCT FROM place.inside_qpv AND flow.month_precision;

CREATE VIEW core.counted AS
SELECT landlord, effective_on, cell_id, flow, tenancy_started_on, reason, place, rooms, financing, 1 AS n
FROM core.counted_move
UNION ALL
SELECT landlord, month, cell_id, flow, NULL, reason, 'unknown', 'unknown', NULL, n FROM core.counted_count;

CREATE OR REPLACE VIEW core.daily_recount AS
SELECT cell_id, effective_on AS day, flow, landlord, sum(n)::integer AS n
FROM core.counted GROUP BY 1, 2, 3, 4;

CREATE OR REPLACE VIEW core.fact_recount AS
SELECT date_trunc('month', effective_on)::date AS effect_month, cell_id, flow, tenancy_started_on, landlord, reason,
    place, rooms, financing, sum(n)::integer AS n
FROM core.counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9;
