-- A third answer to "inside a QPV of 2024?": not located to a quartier (near a border, not located, or in one
-- without saying which). It is counted apart, neither in a quartier nor hors QPV.

-- What this and later migrations make is granted as 0005 granted what was there.
ALTER DEFAULT PRIVILEGES IN SCHEMA core GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ingest;
ALTER DEFAULT PRIVILEGES IN SCHEMA core GRANT SELECT ON TABLES TO analyst;
ALTER DEFAULT PRIVILEGES IN SCHEMA core GRANT USAGE ON SEQUENCES TO ingest;
ALTER DEFAULT PRIVILEGES IN SCHEMA staff GRANT SELECT ON TABLES TO observatory, analyst;

ALTER TABLE core.cell ADD COLUMN qpv_status text;
UPDATE core.cell SET qpv_status = CASE WHEN qpv_2024 IS NULL THEN 'outside' ELSE 'inside' END;
ALTER TABLE core.cell
    ALTER COLUMN qpv_status SET NOT NULL,
    ADD CHECK (qpv_status IN ('inside', 'outside', 'uncertain', 'unknown')),
    ADD CHECK (qpv_2024 IS NULL OR qpv_status = 'inside'),
    ADD COLUMN inside_qpv boolean
        GENERATED ALWAYS AS (CASE WHEN qpv_2024 IS NOT NULL THEN true WHEN qpv_status = 'outside' THEN false END) STORED,
    DROP CONSTRAINT cell_commune_qpv_2024_qpv_2015_key,
    ADD UNIQUE NULLS NOT DISTINCT (commune, qpv_2024, qpv_2015, qpv_status);

DROP FUNCTION core.intern_cell(text, text, text);
CREATE FUNCTION core.intern_cell(a_commune text, a_qpv_2024 text, a_qpv_2015 text, a_status text) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE found integer;
BEGIN
    INSERT INTO core.cell (commune, qpv_2024, qpv_2015, qpv_status) VALUES (a_commune, a_qpv_2024, a_qpv_2015, a_status)
    ON CONFLICT DO NOTHING;
    SELECT cell_id INTO found FROM core.cell
    WHERE commune = a_commune AND qpv_2024 IS NOT DISTINCT FROM a_qpv_2024
        AND qpv_2015 IS NOT DISTINCT FROM a_qpv_2015 AND qpv_status = a_status;
    INSERT INTO core.cell_territory SELECT * FROM core.cell_ladder WHERE cell_id = found
    ON CONFLICT DO NOTHING;
    RETURN found;
END $$;

-- Flows 0 to 39 stay what they are; 40 to 59 are the third answer's (streams/ledger/flows.py).
ALTER TABLE core.flow ALTER COLUMN inside_qpv DROP NOT NULL;
INSERT INTO core.flow
SELECT 40 + direction.i * 10 + nature.i * 2 + precise, direction.name, nature.name, NULL, precise = 1
FROM (VALUES (0, 'out'), (1, 'in')) AS direction (i, name),
    (VALUES (0, 'ordinary'), (1, 'internal'), (2, 'relogement'), (3, 'technical'), (4, 'first_letting')) AS nature (i, name),
    generate_series(0, 1) AS precise;

CREATE OR REPLACE VIEW core.counted_move AS
SELECT move.landlord, move.move_id, move.effective_on, move.cell_id, flow.flow, move.tenancy_started_on, move.reason,
    move.place, move.rooms, move.financing
FROM core.move
JOIN core.cell USING (cell_id)
JOIN core.nature AS other ON other.direction = move.direction AND other.reason = 'autre'
LEFT JOIN core.nature ON nature.direction = move.direction AND nature.reason = move.reason
JOIN core.flow ON flow.direction = move.direction
    AND flow.nature_class = coalesce(nature.nature_class, other.nature_class)
    AND flow.inside_qpv IS NOT DISTINCT FROM cell.inside_qpv AND flow.month_precision = (move.date_precision = 'month')
WHERE move.status = 'effective';

ALTER TABLE core.stock_counter
    DROP CONSTRAINT stock_counter_pkey,
    ALTER COLUMN inside_qpv DROP NOT NULL,
    ADD UNIQUE NULLS NOT DISTINCT (territory_id, landlord, stock_on, inside_qpv);

CREATE OR REPLACE VIEW core.stock_place AS
SELECT landlord, stock_on, cell_id, inside_qpv,
    "let"::bigint + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months AS dwellings
FROM core.stock_cell JOIN core.cell USING (cell_id);

-- The order in which the last word of each landlord is looked for.
CREATE INDEX ON core.declaration (landlord, scope, revision DESC);

-- By territory, landlord and month: dwellings at risk, and whether the landlord has declared the month.
-- `outside_*`: the same, hors QPV; `unlocated_*`: not located to a quartier.
CREATE VIEW core.landlord_coverage AS
SELECT level, territory_id, counter.landlord, month, counter.dwellings, outside_dwellings,
    coalesce(month >= whole_from AND (month + interval '1 month - 1 day')::date <= whole_through, false)
        OR level IN ('qpv_2024', 'qpv_2015')
            AND coalesce(month >= qpv_from AND (month + interval '1 month - 1 day')::date <= qpv_through, false)
        AS declared
FROM (SELECT level, territory_id, landlord, stock_on, sum(dwellings)::bigint AS dwellings,
          coalesce(sum(dwellings) FILTER (WHERE NOT inside_qpv), 0)::bigint AS outside_dwellings
      FROM core.territory JOIN core.stock_counter USING (territory_id) GROUP BY 1, 2, 3, 4) AS counter
JOIN core.stock_month USING (landlord, stock_on)
LEFT JOIN (SELECT landlord, max(complete_from) FILTER (WHERE scope = 'whole_stock') AS whole_from,
               max(complete_through) FILTER (WHERE scope = 'whole_stock') AS whole_through,
               max(complete_from) FILTER (WHERE scope = 'qpv_only') AS qpv_from,
               max(complete_through) FILTER (WHERE scope = 'qpv_only') AS qpv_through
           FROM core.declared_through GROUP BY landlord) AS through USING (landlord);

-- What a counter counts for whom. Technical exits stay out of departures (DOMAIN: "sorties de logement").
CREATE VIEW core.landlord_flow AS
SELECT level, territory_id, landlord, month,
    coalesce(sum(n) FILTER (WHERE direction = 'out'), 0)::integer AS departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in'), 0)::integer AS arrivals,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND NOT inside_qpv), 0)::integer AS outside_departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND NOT inside_qpv), 0)::integer AS outside_arrivals,
    coalesce(sum(n) FILTER (WHERE direction = 'out' AND inside_qpv IS NULL), 0)::integer AS unlocated_departures,
    coalesce(sum(n) FILTER (WHERE direction = 'in' AND inside_qpv IS NULL), 0)::integer AS unlocated_arrivals
FROM core.territory JOIN core.monthly_counter USING (territory_id) JOIN core.flow USING (flow)
WHERE nature_class <> 'technical'
GROUP BY 1, 2, 3, 4;

CREATE OR REPLACE VIEW core.declared_month AS
SELECT level, territory_id, month, sum(dwellings)::numeric AS all_dwellings,
    coalesce(sum(dwellings) FILTER (WHERE declared), 0)::numeric AS dwellings,
    coalesce(sum(departures) FILTER (WHERE declared), 0)::bigint AS departures,
    coalesce(sum(arrivals) FILTER (WHERE declared), 0)::bigint AS arrivals,
    coalesce(sum(outside_dwellings), 0)::numeric AS outside_all_dwellings,
    coalesce(sum(outside_dwellings) FILTER (WHERE declared), 0)::numeric AS outside_dwellings,
    coalesce(sum(outside_departures) FILTER (WHERE declared), 0)::bigint AS outside_departures,
    coalesce(sum(outside_arrivals) FILTER (WHERE declared), 0)::bigint AS outside_arrivals,
    coalesce(sum(unlocated_departures) FILTER (WHERE declared), 0)::bigint AS unlocated_departures,
    coalesce(sum(unlocated_arrivals) FILTER (WHERE declared), 0)::bigint AS unlocated_arrivals
FROM core.landlord_coverage LEFT JOIN core.landlord_flow USING (level, territory_id, landlord, month)
GROUP BY 1, 2, 3;
DROP VIEW core.coverage, core.monthly_flow;

CREATE OR REPLACE VIEW core.declared_so_far AS
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
        AND month > as_of - interval '36 months') OVER (PARTITION BY level, territory_id) AS through,
    sum(unlocated_departures) OVER so_far AS unlocated_departures,
    sum(unlocated_arrivals) OVER so_far AS unlocated_arrivals
FROM core.declared_month, core.staff_rule, core.window_state
WINDOW so_far AS (PARTITION BY level, territory_id ORDER BY month);

CREATE OR REPLACE VIEW core.declared_series AS
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
        AS outside_all_dwellings,
    (unlocated_departures - lag(unlocated_departures, length, 0) OVER earlier)::bigint AS unlocated_departures,
    (unlocated_arrivals - lag(unlocated_arrivals, length, 0) OVER earlier)::bigint AS unlocated_arrivals
FROM core.declared_so_far CROSS JOIN (VALUES (1), (3), (12)) AS lengths (length)
WINDOW earlier AS (PARTITION BY level, territory_id, length ORDER BY month);

-- A secret `hors_qpv` or `non_localise` holds the whole back: the rows of the quartiers inside would give it back.
CREATE OR REPLACE VIEW staff.declared_series AS
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
            AND staff.shown(unlocated_departures, threshold) IS NOT NULL
        THEN staff.shown(series.departures, threshold) END AS departures,
    CASE WHEN staff.shown(outside_arrivals, threshold) IS NOT NULL
            AND staff.shown(unlocated_arrivals, threshold) IS NOT NULL
        THEN staff.shown(series.arrivals, threshold) END AS arrivals) AS shown
CROSS JOIN LATERAL (SELECT CASE
    WHEN NOT whole THEN 'no_data'
    WHEN series.all_dwellings = 0 THEN 'not_covered'
    WHEN series.dwellings = 0 THEN 'no_data'
    WHEN series.dwellings < least_completeness * series.all_dwellings THEN 'provisional'
    ELSE 'value' END AS code) AS status;

-- `part`: all, qpv, hors_qpv, non_localise. Where one of the parts is secret the others are held back with it.
CREATE OR REPLACE VIEW staff.rolling AS
WITH counted AS (
    SELECT territory_id, window_days,
        CASE WHEN grouping(inside_qpv) = 1 THEN 'all' WHEN inside_qpv THEN 'qpv' WHEN NOT inside_qpv THEN 'hors_qpv'
            ELSE 'non_localise' END AS part,
        coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::bigint AS departures,
        coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::bigint AS arrivals
    FROM core.rolling_counter JOIN core.flow USING (flow)
    GROUP BY territory_id, window_days, GROUPING SETS ((), (inside_qpv))
), masked AS (
    SELECT counted.*, threshold,
        coalesce(bool_or(staff.shown(departures, threshold) IS NULL)
            FILTER (WHERE part IN ('hors_qpv', 'non_localise')) OVER same, false) OR part <> 'all' AND
            bool_or(staff.shown(departures, threshold) IS NULL)
            FILTER (WHERE part <> 'all') OVER same AS hide_departures,
        coalesce(bool_or(staff.shown(arrivals, threshold) IS NULL)
            FILTER (WHERE part IN ('hors_qpv', 'non_localise')) OVER same, false) OR part <> 'all' AND
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

CREATE OR REPLACE VIEW staff.commune_rest AS
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
            AND staff.shown(unlocated_departures, threshold) IS NOT NULL
            AND staff.shown(departures - outside_departures - unlocated_departures, threshold) IS NOT NULL)
            AS parts_shown
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
