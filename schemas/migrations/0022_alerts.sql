-- Alerts: what the detectors found, with all their evidence, and what became of it.
-- Invariant: one family of tests a month (core.alert_family); what arrives later confirms or lifts, and raises nothing.

-- What the detectors were given, kept so that each alert can be computed again to the digit.
-- `taken_up_to`: the first transaction whose facts were not yet in the measures.
CREATE TABLE core.detection_run (
    run_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    ran_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    as_of date NOT NULL,
    taken_up_to bigint NOT NULL,
    version text NOT NULL,
    month date NOT NULL,
    inputs bytea NOT NULL
);

CREATE TABLE core.alert_family (
    month date PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES core.detection_run,
    tests integer NOT NULL,
    cut double precision NOT NULL,
    untested jsonb NOT NULL
);

-- Of a quartier (`territory_id`) or on a landlord's declarations (`landlord`). `run_id`: that of its newest evidence.
CREATE TABLE core.alert (
    alert_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    month date NOT NULL,
    territory_id integer,
    landlord text,
    level text NOT NULL CHECK (level IN ('watch', 'alert')),
    state text NOT NULL CHECK (state IN ('provisional', 'confirmed', 'lifted')),
    run_id bigint REFERENCES core.detection_run,
    evidence jsonb NOT NULL,
    raised_on date NOT NULL,
    changed_on date NOT NULL,
    CHECK ((territory_id IS NULL) <> (landlord IS NULL)),
    UNIQUE NULLS NOT DISTINCT (kind, month, territory_id, landlord)
);
CREATE INDEX ON core.alert (month) WHERE state = 'provisional';

CREATE TABLE core.alert_step (
    alert_id bigint NOT NULL REFERENCES core.alert,
    step integer NOT NULL,
    at date NOT NULL,
    state text NOT NULL,
    run_id bigint REFERENCES core.detection_run,
    evidence jsonb NOT NULL,
    PRIMARY KEY (alert_id, step)
);

-- What staff said of an alert. Kept and shown; no detector learns from it.
CREATE TABLE core.alert_feedback (
    alert_id bigint NOT NULL REFERENCES core.alert,
    said_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    said_by text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('acknowledged', 'dismissed')),
    reason text,
    CHECK (verdict = 'acknowledged' OR reason <> ''),
    PRIMARY KEY (alert_id, said_at)
);

-- What staff may read: no count, since a month's count may be one that the threshold hides.
CREATE VIEW staff.alert AS
SELECT alert_id, kind, alert.month, alert.level AS alert_level, state, alert.territory_id, territory.code, territory.name,
    alert.landlord, landlord.name AS landlord_name, raised_on, changed_on,
    evidence ->> 'size_fr' AS size,
    round(100 * (evidence ->> 'coverage')::numeric) AS coverage_percent,
    evidence ->> 'message_fr' AS message_fr,
    said.verdict AS feedback, said.reason AS feedback_reason
FROM core.alert
LEFT JOIN core.territory USING (territory_id)
LEFT JOIN staff.landlord ON landlord.landlord = alert.landlord
LEFT JOIN LATERAL (SELECT verdict, reason FROM core.alert_feedback
    WHERE alert_feedback.alert_id = alert.alert_id ORDER BY said_at DESC LIMIT 1) AS said ON true;
