-- The published layer: what partners and the public read. Frozen vintages; what is secret is not in it.

-- One row a month of publication. `rules`: the file that decided, whole; `mode`: suppression or rounding;
-- `loss`: what was held back, by level and measure.
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

GRANT SELECT ON ALL TABLES IN SCHEMA published TO public_reader, observatory, analyst;
GRANT USAGE ON SCHEMA published TO ingest;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA published TO ingest;
ALTER DEFAULT PRIVILEGES IN SCHEMA published GRANT SELECT ON TABLES TO public_reader, observatory, analyst;
