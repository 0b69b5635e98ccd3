-- The published layer: what partners and the public read. Frozen vintages; what is secret is not in it.

-- One row a month of publication: a vintage holds the windows that end with its month. `rules`: the file that decided,
-- whole; `mode`: suppression or rounding; `loss`: what was held back, by level and measure.
CREATE TABLE published.vintage (
    vintage date PRIMARY KEY,
    frozen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    mode text NOT NULL CHECK (mode IN ('suppression', 'rounding')),
    rules jsonb NOT NULL,
    loss jsonb NOT NULL
);

CREATE TABLE published.territory (
    territory_id integer PRIMARY KEY,
    level text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    departement text,
    longitude double precision,
    latitude double precision,
    UNIQUE (level, code)
);

-- `measure`: the columns of `core.observed_window`, those that rules let out. `value` is there with `value` and
-- `provisional` only. Zero is a value.
CREATE TABLE published.figure (
    vintage date NOT NULL REFERENCES published.vintage,
    territory_id integer NOT NULL REFERENCES published.territory,
    part text NOT NULL,
    window_months smallint NOT NULL,
    month date NOT NULL,
    measure text NOT NULL,
    value integer,
    status text NOT NULL CHECK (status IN ('value', 'secret', 'provisional', 'not_covered', 'no_data')),
    PRIMARY KEY (vintage, territory_id, part, window_months, month, measure),
    CHECK ((value IS NOT NULL) = (status IN ('value', 'provisional')))
);

-- What vintages stand on, for the publisher alone: moves of each month as they were when it was first published, so
-- that a correction never shows as a difference of two windows; and, by measure, what has been decided for good.
-- `landlord`: who declares them, a successor after a merger. `qpv_only`: they count in quartiers, and in nothing else.
CREATE TABLE core.published_base (
    month date NOT NULL,
    cell_id integer NOT NULL,
    landlord text NOT NULL,
    qpv_only boolean NOT NULL,
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
    relet_dwellings_12_months integer NOT NULL,
    PRIMARY KEY (month, cell_id, landlord, qpv_only)
);
CREATE TABLE core.published_pattern (
    vintage date NOT NULL,
    measure text NOT NULL,
    pattern jsonb NOT NULL,
    PRIMARY KEY (vintage, measure)
);
-- The secret of the rounding mode: with it, a rounded count would say more.
CREATE TABLE core.published_key (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key bytea NOT NULL
);
REVOKE SELECT ON core.published_key FROM analyst;

GRANT SELECT ON ALL TABLES IN SCHEMA published TO public_reader, observatory, analyst;
GRANT USAGE ON SCHEMA published TO ingest;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA published TO ingest;
GRANT UPDATE ON published.territory TO ingest;
ALTER DEFAULT PRIVILEGES IN SCHEMA published GRANT SELECT ON TABLES TO public_reader, observatory, analyst;

-- Frozen: neither the worker nor whoever migrates rewrites what was published.
CREATE FUNCTION published.refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published vintage is never rewritten' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON published.vintage
    FOR EACH STATEMENT EXECUTE FUNCTION published.refuse_rewriting();
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON published.figure
    FOR EACH STATEMENT EXECUTE FUNCTION published.refuse_rewriting();
REVOKE UPDATE, DELETE ON core.published_base, core.published_pattern FROM ingest;
