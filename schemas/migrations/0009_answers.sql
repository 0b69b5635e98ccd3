-- What was refused is kept 30 days; then its content goes, and the fact stays: reason, place in its topic, counts.
ALTER TABLE core.quarantine ALTER COLUMN payload DROP NOT NULL;
ALTER TABLE core.quarantine ADD COLUMN purged_at timestamptz;
ALTER TABLE core.quarantine ADD CHECK ((payload IS NULL) = (purged_at IS NOT NULL));

CREATE OR REPLACE VIEW staff.quarantine AS
SELECT quarantine_id, landlord.name, quarantine.landlord, received_at, reason, pointer, message_fr, redriven_at,
    topic, message_offset, event_index, purged_at
FROM core.quarantine JOIN staff.landlord USING (landlord);

-- What is particular of a landlord is told; one that sends counts has no household class, no tenure and no path.
-- Sandboxes have offsets as moves have, and count nowhere: neither a landlord nor progress can be told from them.
CREATE OR REPLACE VIEW staff.landlord AS
SELECT topic.landlord, coalesce(name, topic.landlord) AS name, expected_dwellings, suspended_at IS NOT NULL AS suspended,
    merged_into, merged_on, coalesce(series_broken, false) AS series_broken,
    EXISTS (SELECT FROM core.counts WHERE counts.landlord = topic.landlord) AS by_counts
FROM (SELECT siren AS landlord FROM core.landlord
      UNION SELECT substr(topic, length('tenancy.moves.') + 1) FROM core.ingest_offset
      WHERE starts_with(topic, 'tenancy.moves.')) AS topic
LEFT JOIN core.landlord ON siren = topic.landlord WHERE topic.landlord <> 'sentinel';

CREATE OR REPLACE VIEW staff.freshness AS
SELECT as_of,
    (SELECT max(committed_at) FROM core.ingest_offset WHERE starts_with(topic, 'tenancy.moves.')) AS last_commit,
    (SELECT max(received_on) FROM core.tally) AS last_received_on,
    (SELECT count(*) FROM core.outbox) AS receipts_waiting,
    (SELECT count(*) FROM core.reading_gap WHERE starts_with(topic, 'tenancy.moves.')) AS reading_gaps
FROM core.window_state;
