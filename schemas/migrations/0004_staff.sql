-- What the observatory's staff reads: completeness, live and declared windows, the state of the chain.
-- Invariant: no view of the schema `staff` shows a count between 1 and the staff threshold less one.
-- Zero, secret, not declared and not covered are four statuses.

CREATE SCHEMA staff;
CREATE SCHEMA published;

CREATE TABLE core.staff_rule (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    threshold integer NOT NULL DEFAULT 5,          -- moves: fewer are secret (observatory under convention)
    least_completeness numeric NOT NULL DEFAULT 0.8, -- of dwellings: less, and a month is not complete
    least_dwellings integer NOT NULL DEFAULT 50    -- at risk: fewer, and no rate is shown
);
INSERT INTO core.staff_rule DEFAULT VALUES;

-- Dwellings "loués ou proposés" (RPLS MODE 1 and 2) of a landlord by territory, kept when a stock is applied.
CREATE TABLE core.stock_counter (
    territory_id integer NOT NULL,
    landlord text NOT NULL,
    stock_on date NOT NULL,
    inside_qpv boolean NOT NULL,
    dwellings integer NOT NULL,
    PRIMARY KEY (territory_id, landlord, stock_on, inside_qpv)
);
CREATE INDEX ON core.stock_counter (landlord, stock_on);

CREATE VIEW core.stock_recount AS
SELECT territory_id, landlord, stock_on, qpv_2024 IS NOT NULL AS inside_qpv,
    sum("let" + on_offer_vacant + on_offer_vacant_over_3_months)::integer AS dwellings
FROM core.stock_cell JOIN core.cell USING (cell_id) JOIN core.cell_territory USING (cell_id)
GROUP BY 1, 2, 3, 4;

-- A stock holds from its month until the month of the landlord's next one.
CREATE VIEW core.stock_span AS
SELECT landlord, stock_on, date_trunc('month', stock_on)::date AS first_month,
    coalesce(lead(date_trunc('month', stock_on)::date) OVER (PARTITION BY landlord ORDER BY stock_on),
        'infinity'::date) AS next_month
FROM core.stock;

-- The last word of each landlord on how far its moves are complete.
CREATE VIEW core.declared_through AS
SELECT DISTINCT ON (landlord, scope) landlord, scope, complete_through
FROM core.declaration ORDER BY landlord, scope, revision DESC;

CREATE VIEW core.calendar AS
SELECT month::date
FROM core.window_state, generate_series(
    coalesce((SELECT date_trunc('month', min(stock_on)) FROM core.stock), date_trunc('month', as_of)),
    date_trunc('month', as_of), interval '1 month') AS month;

-- By territory, landlord and month: dwellings at risk, and whether the landlord has declared the month.
CREATE VIEW core.coverage AS
SELECT counter.territory_id, counter.landlord, calendar.month, counter.inside_qpv, counter.dwellings,
    coalesce((calendar.month + interval '1 month - 1 day')::date <= (
        SELECT max(complete_through) FROM core.declared_through AS declared
        WHERE declared.landlord = counter.landlord
            AND (declared.scope = 'whole_stock' OR territory.level IN ('qpv_2024', 'qpv_2015'))), false) AS declared
FROM core.stock_counter AS counter
JOIN core.territory USING (territory_id)
JOIN core.stock_span AS span USING (landlord, stock_on)
JOIN core.calendar ON calendar.month >= span.first_month AND calendar.month < span.next_month;

-- What a counter counts for whom. Technical exits stay out of departures (DOMAIN: "sorties de logement").
CREATE VIEW core.monthly_flow AS
SELECT territory_id, landlord, month, inside_qpv,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::integer AS departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::integer AS arrivals
FROM core.monthly_counter JOIN core.flow USING (flow)
GROUP BY 1, 2, 3, 4;

CREATE VIEW staff.territory AS
SELECT territory_id, level, code, name, departement, statut, longitude, latitude FROM core.territory;

CREATE VIEW staff.qpv AS
SELECT qpv.territory_id, qpv.code, qpv.name, qpv.departement, qpv.statut, qpv.longitude, qpv.latitude,
    array_agg(commune.territory_id ORDER BY commune.code) AS communes,
    string_agg(commune.name, ', ' ORDER BY commune.code) AS commune_names,
    (SELECT territory_id FROM core.territory WHERE level = 'departement' AND code = qpv.departement) AS departement_id
FROM core.territory AS qpv
JOIN core.qpv_commune ON qpv_commune.qpv = qpv.code
JOIN core.territory AS commune ON commune.level = 'commune' AND commune.code = qpv_commune.commune
WHERE qpv.level = 'qpv_2024' GROUP BY qpv.territory_id;

CREATE VIEW staff.completeness AS
SELECT territory_id, month, sum(dwellings) AS dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0) AS declared_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0)::numeric / nullif(sum(dwellings), 0) AS completeness
FROM core.coverage GROUP BY 1, 2;

-- The month up to which a territory can be spoken of: the last one complete enough, among the last 36.
CREATE VIEW staff.complete_through AS
SELECT territory_id, max(month) FILTER (WHERE completeness >= least_completeness) AS month
FROM staff.completeness, core.staff_rule, core.window_state
WHERE month > as_of - interval '36 months' GROUP BY 1;

-- Return the count, or null where it is secret.
CREATE FUNCTION staff.shown(n bigint, threshold integer) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN CASE WHEN n = 0 OR n >= threshold THEN n END;

-- Live windows of 30, 90 and 365 days: what has been received so far, always `provisional`.
-- `part`: all, qpv, hors_qpv. Where one of the two parts is secret the other is held back with it.
CREATE VIEW staff.rolling AS
WITH counted AS (
    SELECT territory_id, window_days,
        CASE WHEN grouping(inside_qpv) = 1 THEN 'all' WHEN inside_qpv THEN 'qpv' ELSE 'hors_qpv' END AS part,
        coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::bigint AS departures,
        coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::bigint AS arrivals
    FROM core.rolling_counter JOIN core.flow USING (flow)
    GROUP BY territory_id, window_days, GROUPING SETS ((), (inside_qpv))
), masked AS (
    SELECT counted.*, threshold, part <> 'all' AND bool_or(part <> 'all' AND staff.shown(departures, threshold) IS NULL)
            OVER (PARTITION BY territory_id, window_days) AS hide_departures,
        part <> 'all' AND bool_or(part <> 'all' AND staff.shown(arrivals, threshold) IS NULL)
            OVER (PARTITION BY territory_id, window_days) AS hide_arrivals
    FROM counted, core.staff_rule
)
SELECT territory_id, window_days, part, as_of,
    CASE WHEN NOT hide_departures THEN staff.shown(departures, threshold) END AS departures,
    CASE WHEN NOT hide_arrivals THEN staff.shown(arrivals, threshold) END AS arrivals,
    CASE WHEN NOT hide_departures AND NOT hide_arrivals
        THEN staff.shown(arrivals, threshold) - staff.shown(departures, threshold) END AS solde,
    CASE WHEN hide_departures OR staff.shown(departures, threshold) IS NULL THEN 'secret' ELSE 'provisional' END
        AS departures_status,
    CASE WHEN hide_arrivals OR staff.shown(arrivals, threshold) IS NULL THEN 'secret' ELSE 'provisional' END AS arrivals_status
FROM masked, core.window_state;

-- Months over the declared landlord-months only: numerator and denominator speak of the same dwellings.
CREATE VIEW core.declared_month AS
SELECT coverage.territory_id, coverage.month, sum(dwellings) AS all_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0) AS dwellings,
    coalesce(sum(departures) FILTER (WHERE declared), 0)::bigint AS departures,
    coalesce(sum(arrivals) FILTER (WHERE declared), 0)::bigint AS arrivals
FROM core.coverage LEFT JOIN core.monthly_flow USING (territory_id, landlord, month, inside_qpv)
GROUP BY 1, 2;

-- Declared windows of 1, 3 and 12 whole months ending at each month. A window is whole when it has all its months.
CREATE VIEW core.declared_series AS
SELECT territory_id, month, length AS window_months,
    CASE length WHEN 1 THEN departures WHEN 3 THEN sum(departures) OVER three ELSE sum(departures) OVER twelve END
        ::bigint AS departures,
    CASE length WHEN 1 THEN arrivals WHEN 3 THEN sum(arrivals) OVER three ELSE sum(arrivals) OVER twelve END
        ::bigint AS arrivals,
    CASE length WHEN 1 THEN dwellings WHEN 3 THEN avg(dwellings) OVER three ELSE avg(dwellings) OVER twelve END
        AS dwellings,
    CASE length WHEN 1 THEN all_dwellings WHEN 3 THEN avg(all_dwellings) OVER three
        ELSE avg(all_dwellings) OVER twelve END AS all_dwellings,
    CASE length WHEN 1 THEN 1 WHEN 3 THEN count(*) OVER three ELSE count(*) OVER twelve END = length AS whole
FROM core.declared_month CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
WINDOW three AS (PARTITION BY territory_id, length ORDER BY month ROWS 2 PRECEDING),
    twelve AS (PARTITION BY territory_id, length ORDER BY month ROWS 11 PRECEDING);

-- As shown: a status with each count, a rate only on 50 dwellings or more. `rate_percent` is departures over
-- the window per mean dwelling "loué ou proposé" of the same landlords (taux de départ, bailleur).
CREATE VIEW staff.declared_series AS
SELECT series.territory_id, series.window_months, series.month,
    ((series.month + interval '1 month')::timestamp AT TIME ZONE 'Europe/Paris') - interval '1 second' AS ends_at,
    CASE WHEN status.code IN ('value', 'provisional') THEN staff.shown(departures, threshold) END AS departures,
    CASE WHEN status.code IN ('value', 'provisional') THEN staff.shown(arrivals, threshold) END AS arrivals,
    CASE WHEN status.code IN ('value', 'provisional') THEN staff.shown(arrivals, threshold) - staff.shown(departures, threshold) END AS solde,
    round(dwellings) AS dwellings,
    round(100 * dwellings / nullif(all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN status.code IN ('value', 'provisional') AND dwellings >= least_dwellings
        THEN round(100 * staff.shown(departures, threshold) / dwellings, 2) END AS rate_percent,
    CASE WHEN status.code IN ('value', 'provisional') AND staff.shown(departures, threshold) IS NULL THEN 'secret'
        ELSE status.code END AS status
FROM core.declared_series AS series
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT whole THEN 'no_data'
    WHEN all_dwellings = 0 THEN 'not_covered'
    WHEN dwellings = 0 THEN 'no_data'
    WHEN dwellings < least_completeness * all_dwellings THEN 'provisional'
    ELSE 'value' END AS code) AS status;

-- The three windows that end at each territory's complete-through month, without reading earlier months.
CREATE VIEW staff.declared_window AS
SELECT territory.territory_id, lengths.length AS window_months, through.month,
    CASE WHEN counted.months = lengths.length THEN staff.shown(counted.departures, threshold) END AS departures,
    CASE WHEN counted.months = lengths.length THEN staff.shown(counted.arrivals, threshold) END AS arrivals,
    CASE WHEN counted.months = lengths.length
        THEN staff.shown(counted.arrivals, threshold) - staff.shown(counted.departures, threshold) END AS solde,
    round(counted.dwellings) AS dwellings,
    round(100 * counted.dwellings / nullif(counted.all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN counted.months = lengths.length AND counted.dwellings >= least_dwellings
        THEN round(100 * staff.shown(counted.departures, threshold) / counted.dwellings, 2) END AS rate_percent,
    CASE WHEN through.territory_id IS NULL THEN 'not_covered'
        WHEN through.month IS NULL OR counted.months < lengths.length THEN 'no_data'
        WHEN staff.shown(counted.departures, threshold) IS NULL THEN 'secret'
        ELSE 'value' END AS status
FROM core.territory
CROSS JOIN core.staff_rule
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
LEFT JOIN staff.complete_through AS through USING (territory_id)
LEFT JOIN LATERAL (
    SELECT count(DISTINCT coverage.month) AS months,
        coalesce(sum(flow.departures) FILTER (WHERE declared), 0)::bigint AS departures,
        coalesce(sum(flow.arrivals) FILTER (WHERE declared), 0)::bigint AS arrivals,
        coalesce(sum(dwellings) FILTER (WHERE declared), 0)::numeric / lengths.length AS dwellings,
        sum(dwellings)::numeric / lengths.length AS all_dwellings
    FROM core.coverage
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0) AS departures,
            coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0) AS arrivals
        FROM core.monthly_counter AS counter JOIN core.flow USING (flow)
        WHERE counter.territory_id = coverage.territory_id AND counter.landlord = coverage.landlord
            AND counter.month = coverage.month AND flow.inside_qpv = coverage.inside_qpv) AS flow ON true
    WHERE coverage.territory_id = territory.territory_id
        AND coverage.month > through.month - lengths.length * interval '1 month' AND coverage.month <= through.month
) AS counted ON true;

-- The chain: what became of events, what waits, how old the last commit is.
CREATE VIEW staff.landlord AS
SELECT topic.landlord, coalesce(name, topic.landlord) AS name
FROM (SELECT siren AS landlord FROM core.landlord
      UNION SELECT substr(topic, length('tenancy.moves.') + 1) FROM core.ingest_offset) AS topic
LEFT JOIN core.landlord ON siren = topic.landlord WHERE topic.landlord <> 'sentinel';

CREATE VIEW staff.tally AS
SELECT tally.landlord, landlord.name, received_on, outcome, event_type, n
FROM core.tally JOIN staff.landlord USING (landlord);

CREATE VIEW staff.lag AS
SELECT landlord.landlord, landlord.name, coalesce(end_offset, 0) - coalesce(next_offset, 0) AS messages_waiting,
    committed_at, seen_at
FROM staff.landlord
LEFT JOIN core.topic_end ON topic_end.topic = 'tenancy.moves.' || landlord.landlord
LEFT JOIN core.ingest_offset ON ingest_offset.topic = 'tenancy.moves.' || landlord.landlord;

CREATE VIEW staff.freshness AS
SELECT as_of, (SELECT max(committed_at) FROM core.ingest_offset) AS last_commit,
    (SELECT max(received_on) FROM core.tally) AS last_received_on,
    (SELECT count(*) FROM core.outbox) AS receipts_waiting,
    (SELECT count(*) FROM core.reading_gap) AS reading_gaps
FROM core.window_state;

CREATE VIEW staff.declaration AS
SELECT landlord.landlord, landlord.name, scope, complete_through
FROM staff.landlord LEFT JOIN core.declared_through USING (landlord);

-- No payload: it may hold personal data. The landlord's receipt and the analyst have the bytes.
CREATE VIEW staff.quarantine AS
SELECT quarantine_id, landlord.name, quarantine.landlord, received_at, reason, pointer, message_fr, redriven_at,
    topic, message_offset, event_index
FROM core.quarantine JOIN staff.landlord USING (landlord);
