-- The ledger and what hangs on a message: a last-writer-wins register per (landlord, move).
-- Invariant: the row of a move is the greatest (revision, content_hash) ever received, whatever the order.

-- A flow is what a counter counts. Rows are numbered by hand: the worker computes the number (streams/ledger/flows.py).
CREATE TABLE core.flow (
    flow smallint PRIMARY KEY,
    direction text NOT NULL,
    nature_class text NOT NULL,
    inside_qpv boolean NOT NULL,
    month_precision boolean NOT NULL
);
INSERT INTO core.flow
SELECT direction.i * 20 + nature.i * 4 + inside * 2 + precise, direction.name, nature.name, inside = 1, precise = 1
FROM (VALUES (0, 'out'), (1, 'in')) AS direction (i, name),
    (VALUES (0, 'ordinary'), (1, 'internal'), (2, 'relogement'), (3, 'technical'), (4, 'first_letting')) AS nature (i, name),
    generate_series(0, 1) AS inside, generate_series(0, 1) AS precise;

-- The class of each departure's reason and each arrival's nature, as the code lists of this release have it.
CREATE TABLE core.nature (
    direction text NOT NULL,
    reason text NOT NULL,
    nature_class text NOT NULL,
    PRIMARY KEY (direction, reason)
);

-- A plain table: a hypertable's key would have to hold the date, which a correction may change.
-- `flow` is null for a move that does not count: announced, cancelled or out of scope.
CREATE TABLE core.move (
    landlord text NOT NULL,
    move_id uuid NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    received_on date NOT NULL,
    effective_on date NOT NULL,
    cell_id integer NOT NULL,
    flow smallint,
    notice_received_on date,
    tenancy_started_on date,
    dwelling uuid NOT NULL,
    direction text NOT NULL,
    status text NOT NULL,
    date_precision text NOT NULL,
    cancel_reason text,
    location_method text NOT NULL,
    location_quality text NOT NULL,
    rooms text NOT NULL,
    financing text,
    reason text NOT NULL,
    place text NOT NULL,
    household_type text,
    household_size text,
    holder_age text,
    PRIMARY KEY (move_id, landlord)
);

-- How far each topic is done. Written in the same transaction as everything else: the database, not
-- Kafka's commit, says where reading starts.
CREATE TABLE core.ingest_offset (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition)
);

-- How far each topic goes, as last seen: the lag is this minus what is done.
CREATE TABLE core.topic_end (
    topic text NOT NULL,
    partition integer NOT NULL,
    end_offset bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition)
);

-- Where reading did not simply go on. `expired`: retention deleted first_lost .. next_available - 1 before anybody
-- read them, the one loss, never silent. `made_again`: the topic ends before first_lost, which was due: it was made
-- again or restored, and is read from next_available on.
CREATE TABLE core.reading_gap (
    topic text NOT NULL,
    partition integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('expired', 'made_again')),
    first_lost bigint NOT NULL,
    next_available bigint NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition, first_lost)
);

CREATE TABLE core.quarantine (
    quarantine_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    event_index integer NOT NULL,
    landlord text NOT NULL,
    received_at timestamptz NOT NULL,
    reason text NOT NULL,
    pointer text NOT NULL,
    message_fr text NOT NULL,
    payload bytea NOT NULL,
    redriven_at timestamptz,
    UNIQUE (topic, partition, message_offset, event_index, received_at)
);

-- Each event ends as exactly one outcome; the sums here equal the events received.
CREATE TABLE core.tally (
    landlord text NOT NULL,
    received_on date NOT NULL,
    outcome text NOT NULL CHECK (outcome IN
        ('applied', 'superseded', 'duplicate', 'out_of_scope', 'quarantined')),
    event_type text NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (landlord, received_on, outcome, event_type)
);

-- Receipts and alerts leave through here, written with what they speak of. `message_id` is made from the
-- message's position, so that a repeat is recognisable.
CREATE TABLE core.outbox (
    outbox_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    message_id text NOT NULL,
    payload bytea NOT NULL,
    not_before timestamptz NOT NULL DEFAULT '1970-01-01 UTC'
);

-- Denominators: the last word of a landlord on its stock at a date, and on how far its moves are complete.
CREATE TABLE core.stock (
    landlord text NOT NULL,
    stock_on date NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    scope text NOT NULL,
    received_on date NOT NULL,
    PRIMARY KEY (landlord, stock_on)
);

CREATE TABLE core.stock_cell (
    landlord text NOT NULL,
    stock_on date NOT NULL,
    cell_id integer NOT NULL,
    rooms text NOT NULL,
    let integer NOT NULL,
    on_offer_vacant_up_to_3_months integer NOT NULL,
    on_offer_vacant_over_3_months integer NOT NULL,
    first_let_within_12_months integer NOT NULL,
    out_of_market_works integer NOT NULL,
    out_of_market_demolition integer NOT NULL,
    out_of_market_sale integer NOT NULL,
    tenancies_by_start_year jsonb NOT NULL,
    PRIMARY KEY (landlord, stock_on, cell_id, rooms)
);

CREATE TABLE core.declaration (
    landlord text NOT NULL,
    scope text NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    complete_from date,
    complete_through date NOT NULL,
    received_on date NOT NULL,
    control_totals jsonb NOT NULL,
    PRIMARY KEY (landlord, scope, revision)
);
