-- What the observatory's staff reads: completeness, live and declared windows, the state of the chain.
-- Invariant: no view of the schema `staff` shows a count of moves of a territory between 1 and the staff threshold
-- less one, nor its counterpart (QPV, hors QPV, whole) in the same window. Differences between windows, and between
-- a territory and the quartiers shown in it, are not closed here: that is the published layer's, and staff's duty.
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
    dwellings bigint NOT NULL,
    PRIMARY KEY (territory_id, landlord, stock_on, inside_qpv)
);
CREATE INDEX ON core.stock_counter (landlord, stock_on);

CREATE VIEW core.stock_place AS
SELECT landlord, stock_on, cell_id, qpv_2024 IS NOT NULL AS inside_qpv,
    "let"::bigint + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months AS dwellings
FROM core.stock_cell JOIN core.cell USING (cell_id);

CREATE VIEW core.stock_recount AS
SELECT territory_id, landlord, stock_on, inside_qpv, sum(dwellings)::bigint AS dwellings
FROM core.stock_place JOIN core.cell_ladder USING (cell_id)
GROUP BY 1, 2, 3, 4;

-- Every month there is: a table, so that the planner knows how few of them a span of stock holds.
CREATE TABLE core.calendar (month date PRIMARY KEY);
INSERT INTO core.calendar SELECT generate_series('2000-01-01'::timestamp, '2099-12-01', '1 month');

-- A stock holds from its month until the month of the landlord's next one, or until now.
CREATE VIEW core.stock_month AS
SELECT landlord, stock_on, month
FROM (SELECT landlord, stock_on, date_trunc('month', stock_on::timestamp)::date AS first_month,
        coalesce(lead(date_trunc('month', stock_on::timestamp)::date) OVER (PARTITION BY landlord ORDER BY stock_on),
            'infinity') AS next_month
      FROM core.stock) AS span
CROSS JOIN core.window_state
JOIN core.calendar ON month >= first_month AND month < next_month AND month <= as_of;

-- The last word of each landlord on how far its moves are complete. Steps from key to key: a landlord that
-- declares every day has thousands of rows, of which one counts.
CREATE VIEW core.declared_through AS
WITH RECURSIVE step AS (
    (SELECT landlord, scope, complete_from, complete_through FROM core.declaration
     ORDER BY landlord, scope, revision DESC LIMIT 1)
    UNION ALL
    SELECT next.* FROM step CROSS JOIN LATERAL (
        SELECT landlord, scope, complete_from, complete_through FROM core.declaration
        WHERE (landlord, scope) > (step.landlord, step.scope)
        ORDER BY landlord, scope, revision DESC LIMIT 1) AS next
)
SELECT landlord, scope, coalesce(complete_from, '-infinity') AS complete_from, complete_through FROM step;

-- By territory, landlord and month: dwellings at risk, and whether the landlord has declared the month.
-- The level stands in each of these views so that a reader's filter reaches the tables.
CREATE VIEW core.coverage AS
SELECT territory.level, counter.territory_id, counter.landlord, month, inside_qpv, dwellings,
    coalesce(month >= whole_from AND (month + interval '1 month - 1 day')::date <= whole_through, false)
        OR territory.level IN ('qpv_2024', 'qpv_2015')
            AND coalesce(month >= qpv_from AND (month + interval '1 month - 1 day')::date <= qpv_through, false)
        AS declared
FROM core.territory
JOIN core.stock_counter AS counter USING (territory_id)
JOIN core.stock_month USING (landlord, stock_on)
LEFT JOIN (SELECT landlord, max(complete_from) FILTER (WHERE scope = 'whole_stock') AS whole_from,
               max(complete_through) FILTER (WHERE scope = 'whole_stock') AS whole_through,
               max(complete_from) FILTER (WHERE scope = 'qpv_only') AS qpv_from,
               max(complete_through) FILTER (WHERE scope = 'qpv_only') AS qpv_through
           FROM core.declared_through GROUP BY landlord) AS through USING (landlord);

-- What a counter counts for whom. Technical exits stay out of departures (DOMAIN: "sorties de logement").
CREATE VIEW core.monthly_flow AS
SELECT level, territory_id, landlord, month, inside_qpv,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::integer AS departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::integer AS arrivals
FROM core.territory JOIN core.monthly_counter USING (territory_id) JOIN core.flow USING (flow)
GROUP BY 1, 2, 3, 4, 5;

-- Months over the declared landlord-months only: numerator and denominator speak of the same dwellings.
-- `outside_*`: the same, hors QPV.
CREATE VIEW core.declared_month AS
SELECT level, territory_id, month, sum(dwellings) AS all_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0) AS dwellings,
    coalesce(sum(departures) FILTER (WHERE declared), 0)::bigint AS departures,
    coalesce(sum(arrivals) FILTER (WHERE declared), 0)::bigint AS arrivals,
    coalesce(sum(dwellings) FILTER (WHERE NOT inside_qpv), 0) AS outside_all_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared AND NOT inside_qpv), 0) AS outside_dwellings,
    coalesce(sum(departures) FILTER (WHERE declared AND NOT inside_qpv), 0)::bigint AS outside_departures,
    coalesce(sum(arrivals) FILTER (WHERE declared AND NOT inside_qpv), 0)::bigint AS outside_arrivals
FROM core.coverage LEFT JOIN core.monthly_flow USING (level, territory_id, landlord, month, inside_qpv)
GROUP BY 1, 2, 3;

CREATE VIEW staff.rule AS SELECT threshold, least_completeness, least_dwellings FROM core.staff_rule;

CREATE VIEW staff.territory AS
SELECT territory_id, level, code, name, departement, statut, longitude, latitude FROM core.territory;

CREATE VIEW staff.qpv AS
SELECT qpv.territory_id, qpv.code, qpv.name, qpv.departement, qpv.statut, qpv.longitude, qpv.latitude,
    array_agg(commune.territory_id ORDER BY commune.code) AS communes,
    string_agg(commune.name, ', ' ORDER BY commune.code) AS commune_names,
    (SELECT territory_id FROM core.territory WHERE level = 'departement' AND code = qpv.departement) AS departement_id,
    (SELECT string_agg(old.name || ' (' || old.code || ')', ', ' ORDER BY old.code)
     FROM core.qpv_lineage JOIN core.territory AS old ON old.level = 'qpv_2015' AND old.code = qpv_lineage.qpv_2015
     WHERE qpv_lineage.qpv_2024 = qpv.code) AS lineage_2015
FROM core.territory AS qpv
JOIN core.qpv_commune ON qpv_commune.qpv = qpv.code
JOIN core.territory AS commune ON commune.level = 'commune' AND commune.code = qpv_commune.commune
WHERE qpv.level = 'qpv_2024' GROUP BY qpv.territory_id;

CREATE VIEW staff.completeness AS
SELECT level, territory_id, month, all_dwellings AS dwellings, dwellings AS declared_dwellings,
    dwellings::numeric / nullif(all_dwellings, 0) AS completeness
FROM core.declared_month;

-- The month up to which a territory can be spoken of: the last one complete enough, among the last 36.
CREATE VIEW staff.complete_through AS
SELECT level, territory_id, max(month) FILTER (WHERE completeness >= least_completeness) AS month
FROM staff.completeness, core.staff_rule, core.window_state
WHERE month > as_of - interval '36 months' GROUP BY 1, 2;

-- Return the count, or null where it is secret.
CREATE FUNCTION staff.shown(n bigint, threshold integer) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN CASE WHEN n = 0 OR n >= threshold THEN n END;

-- Live windows of 30, 90 and 365 days: what has been received so far, always `provisional`.
-- `part`: all, qpv, hors_qpv. Where one of the two parts is secret the other is held back with it, and with a
-- secret `hors_qpv` the whole too: the rows of the quartiers inside would give that part back.
CREATE VIEW staff.rolling AS
WITH counted AS (
    SELECT territory_id, window_days,
        CASE WHEN grouping(inside_qpv) = 1 THEN 'all' WHEN inside_qpv THEN 'qpv' ELSE 'hors_qpv' END AS part,
        coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::bigint AS departures,
        coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::bigint AS arrivals
    FROM core.rolling_counter JOIN core.flow USING (flow)
    GROUP BY territory_id, window_days, GROUPING SETS ((), (inside_qpv))
), masked AS (
    SELECT counted.*, threshold,
        coalesce(bool_or(staff.shown(departures, threshold) IS NULL)
            FILTER (WHERE part = 'hors_qpv') OVER same, false) OR part <> 'all' AND
            bool_or(staff.shown(departures, threshold) IS NULL)
            FILTER (WHERE part <> 'all') OVER same AS hide_departures,
        coalesce(bool_or(staff.shown(arrivals, threshold) IS NULL)
            FILTER (WHERE part = 'hors_qpv') OVER same, false) OR part <> 'all' AND
            bool_or(staff.shown(arrivals, threshold) IS NULL)
            FILTER (WHERE part <> 'all') OVER same AS hide_arrivals
    FROM counted, core.staff_rule
    WINDOW same AS (PARTITION BY territory_id, window_days)
)
SELECT territory_id, window_days, part, as_of,
    CASE WHEN NOT hide_departures THEN staff.shown(departures, threshold) END AS departures,
    CASE WHEN NOT hide_arrivals THEN staff.shown(arrivals, threshold) END AS arrivals,
    CASE WHEN NOT hide_departures AND NOT hide_arrivals
        THEN staff.shown(arrivals, threshold) - staff.shown(departures, threshold) END AS solde,
    CASE WHEN hide_departures OR staff.shown(departures, threshold) IS NULL THEN 'secret' ELSE 'provisional' END
        AS departures_status,
    CASE WHEN hide_arrivals OR staff.shown(arrivals, threshold) IS NULL THEN 'secret' ELSE 'provisional' END
        AS arrivals_status
FROM masked, core.window_state;

-- Sums since the first month: a window of any length is a difference of two of them.
-- `through`: the month up to which the territory can be spoken of, as in `staff.complete_through`.
CREATE VIEW core.declared_so_far AS
SELECT level, territory_id, month, count(*) OVER so_far AS months,
    sum(departures) OVER so_far AS departures,
    sum(arrivals) OVER so_far AS arrivals,
    sum(outside_departures) OVER so_far AS outside_departures,
    sum(outside_arrivals) OVER so_far AS outside_arrivals,
    sum(dwellings) OVER so_far AS dwellings,
    sum(all_dwellings) OVER so_far AS all_dwellings,
    sum(outside_dwellings) OVER so_far AS outside_dwellings,
    sum(outside_all_dwellings) OVER so_far AS outside_all_dwellings,
    max(month) FILTER (WHERE all_dwellings > 0 AND dwellings >= least_completeness * all_dwellings
        AND month > as_of - interval '36 months') OVER (PARTITION BY level, territory_id) AS through
FROM core.declared_month, core.staff_rule, core.window_state
WINDOW so_far AS (PARTITION BY level, territory_id ORDER BY month);

-- Declared windows of 1, 3 and 12 whole months ending at each month; dwellings are means over the window.
-- A window is whole when it has all its months, none missing between them.
CREATE VIEW core.declared_series AS
SELECT level, territory_id, month, length AS window_months, through,
    coalesce(lag(month, length - 1) OVER earlier = month - (length - 1) * interval '1 month', false) AS whole,
    (departures - lag(departures, length, 0) OVER earlier)::bigint AS departures,
    (arrivals - lag(arrivals, length, 0) OVER earlier)::bigint AS arrivals,
    (outside_departures - lag(outside_departures, length, 0) OVER earlier)::bigint AS outside_departures,
    (outside_arrivals - lag(outside_arrivals, length, 0) OVER earlier)::bigint AS outside_arrivals,
    (dwellings - lag(dwellings, length, 0) OVER earlier) / least(months, length) AS dwellings,
    (all_dwellings - lag(all_dwellings, length, 0) OVER earlier) / least(months, length) AS all_dwellings,
    (outside_dwellings - lag(outside_dwellings, length, 0) OVER earlier) / least(months, length) AS outside_dwellings,
    (outside_all_dwellings - lag(outside_all_dwellings, length, 0) OVER earlier) / least(months, length)
        AS outside_all_dwellings
FROM core.declared_so_far CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
WINDOW earlier AS (PARTITION BY level, territory_id, length ORDER BY month);

-- As shown: a status with each count, a rate only on 50 dwellings or more. `rate_percent` is departures over
-- the window per mean dwelling "loué ou proposé" of the same landlords (taux de départ, bailleur).
-- As in `staff.rolling`, a secret `hors_qpv` holds the whole back.
CREATE VIEW staff.declared_series AS
SELECT series.level, series.territory_id, window_months, month,
    (month::timestamp AT TIME ZONE 'Europe/Paris') AS starts_at,
    ((month + interval '1 month')::timestamp AT TIME ZONE 'Europe/Paris') - interval '1 second' AS ends_at,
    CASE WHEN status.code IN ('value', 'provisional') THEN shown.departures END AS departures,
    CASE WHEN status.code IN ('value', 'provisional') THEN shown.arrivals END AS arrivals,
    CASE WHEN status.code IN ('value', 'provisional') THEN shown.arrivals - shown.departures END AS solde,
    round(series.dwellings) AS dwellings,
    round(100 * series.dwellings / nullif(series.all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN status.code IN ('value', 'provisional') AND series.dwellings >= least_dwellings
        THEN round(100 * shown.departures / series.dwellings, 2) END AS rate_percent,
    CASE WHEN status.code IN ('value', 'provisional') AND shown.departures IS NULL THEN 'secret'
        ELSE status.code END AS status,
    CASE WHEN status.code IN ('value', 'provisional') AND shown.arrivals IS NULL THEN 'secret'
        ELSE status.code END AS arrivals_status,
    through, round(series.all_dwellings) AS all_dwellings
FROM core.declared_series AS series
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT
    CASE WHEN staff.shown(outside_departures, threshold) IS NOT NULL
        THEN staff.shown(series.departures, threshold) END AS departures,
    CASE WHEN staff.shown(outside_arrivals, threshold) IS NOT NULL
        THEN staff.shown(series.arrivals, threshold) END AS arrivals) AS shown
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT whole THEN 'no_data'
    WHEN series.all_dwellings = 0 THEN 'not_covered'
    WHEN series.dwellings = 0 THEN 'no_data'
    WHEN series.dwellings < least_completeness * series.all_dwellings THEN 'provisional'
    ELSE 'value' END AS code) AS status;

-- The three windows that end at each territory's complete-through month.
CREATE VIEW staff.declared_window AS
SELECT territory.level, territory.territory_id, lengths.window_months, series.month, departures, arrivals, solde,
    dwellings, completeness_percent, rate_percent,
    coalesce(series.status, untold.status) AS status, coalesce(series.arrivals_status, untold.status) AS arrivals_status
FROM core.territory
CROSS JOIN (VALUES (1), (3), (12)) AS lengths (window_months)
CROSS JOIN LATERAL (SELECT CASE WHEN EXISTS (SELECT FROM core.stock_counter AS counter
    WHERE counter.territory_id = territory.territory_id) THEN 'no_data' ELSE 'not_covered' END AS status) AS untold
LEFT JOIN (SELECT * FROM staff.declared_series WHERE month = through) AS series
    ON series.level = territory.level AND series.territory_id = territory.territory_id
        AND series.window_months = lengths.window_months;

-- What a quartier is compared with in its commune(s): the same 12-month window, hors QPV, communes summed.
-- Held back unless it is itself shown, and so is each part of each commune and each quartier there: the whole
-- of a commune, which is shown, would otherwise give a secret back.
CREATE VIEW staff.commune_rest AS
SELECT qpv.territory_id, rest.month,
    ((rest.month + interval '1 month')::timestamp AT TIME ZONE 'Europe/Paris') - interval '1 second' AS ends_at,
    CASE WHEN status.code IN ('value', 'provisional') THEN rest.departures END AS departures,
    round(rest.dwellings) AS dwellings,
    round(100 * rest.dwellings / nullif(rest.all_dwellings, 0), 1) AS completeness_percent,
    CASE WHEN status.code IN ('value', 'provisional') AND rest.dwellings >= least_dwellings
        THEN round(100 * rest.departures / rest.dwellings, 2) END AS rate_percent,
    status.code AS status
FROM staff.qpv
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (
    SELECT month, bool_and(whole) AS whole, sum(outside_departures)::bigint AS departures,
        sum(outside_dwellings) AS dwellings, sum(outside_all_dwellings) AS all_dwellings,
        bool_and(staff.shown(outside_departures, threshold) IS NOT NULL
            AND staff.shown(departures - outside_departures, threshold) IS NOT NULL) AS parts_shown
    FROM core.declared_series
    WHERE level = 'commune' AND window_months = 12 AND territory_id = ANY (qpv.communes)
    GROUP BY month
) AS rest
LEFT JOIN LATERAL (
    SELECT month, bool_and(staff.shown(departures, threshold) IS NOT NULL) AS all_shown
    FROM core.declared_series
    WHERE level = 'qpv_2024' AND window_months = 12
        AND territory_id = ANY (ARRAY(SELECT other.territory_id FROM staff.qpv AS other
            WHERE other.communes && qpv.communes))
    GROUP BY month
) AS quartiers ON quartiers.month = rest.month
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT rest.whole OR rest.dwellings = 0 THEN 'no_data'
    WHEN NOT rest.parts_shown OR NOT coalesce(quartiers.all_shown, true) THEN 'secret'
    WHEN rest.dwellings < least_completeness * rest.all_dwellings THEN 'provisional'
    ELSE 'value' END AS code) AS status;

-- The chain: what became of events, what waits (the end of a topic is seen every few seconds), how old the last commit is.
CREATE VIEW staff.landlord AS
SELECT topic.landlord, coalesce(name, topic.landlord) AS name
FROM (SELECT siren AS landlord FROM core.landlord
      UNION SELECT substr(topic, length('tenancy.moves.') + 1) FROM core.ingest_offset) AS topic
LEFT JOIN core.landlord ON siren = topic.landlord WHERE topic.landlord <> 'sentinel';

CREATE VIEW staff.tally AS
SELECT tally.landlord, landlord.name, received_on, outcome, event_type, n
FROM core.tally JOIN staff.landlord USING (landlord);

CREATE VIEW staff.lag AS
SELECT landlord.landlord, landlord.name, greatest(coalesce(end_offset, 0) - coalesce(next_offset, 0), 0) AS messages_waiting,
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
