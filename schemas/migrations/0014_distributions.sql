-- Distributions: tenure of those who left, days between tenants, tenancies by age. Medians and survival come from them.
-- What needs the link between the moves of one dwelling is computed in streams/measures/linked.py.
-- Invariant: `dwelling_move` equals `dwelling_move_recount`, and the columns of `cell_month` and the tables that come
-- from it equal their `*_recount`, whenever the refresh has taken up all that was recorded.

-- What was recorded since: new rows stand at the end of the ledger, so block ranges find them (benchmarks/linked/).
CREATE INDEX ON core.move USING brin (recorded_in) WITH (pages_per_range = 16, autosummarize = on);

-- Who keeps each landlord's dwellings: itself, or who took it over, and so on. The dwellings of a landlord that was
-- taken over are linked to those of its successor where the key was handed over: their pseudonyms are the same.
CREATE VIEW core.keeper AS
WITH RECURSIVE step AS (
    SELECT siren AS landlord, merged_into AS keeper, 1 AS depth FROM core.landlord WHERE merged_into IS NOT NULL
    UNION ALL
    SELECT step.landlord, next.merged_into, depth + 1
    FROM step JOIN core.landlord AS next ON next.siren = step.keeper
    WHERE next.merged_into IS NOT NULL AND depth < 20
)
SELECT DISTINCT ON (landlord) landlord, keeper FROM step ORDER BY landlord, depth DESC;

-- As the refresh last used them: a merger that is recorded since links dwellings anew.
CREATE TABLE core.kept_by (landlord text PRIMARY KEY, keeper text NOT NULL);

-- The moves by dwelling, slim: those that count, and departures with a notice whatever became of them, but
-- for those entered by mistake or twice. Technical ones and what is no move take part in nothing here.
CREATE TABLE core.dwelling_move (
    move_id uuid NOT NULL,
    dwelling uuid NOT NULL,
    cell_id integer NOT NULL,
    effective_on date NOT NULL,
    tenancy_month date,
    notice_month date,
    arrival boolean NOT NULL,
    counted boolean NOT NULL,
    first_letting boolean NOT NULL,
    month_precision boolean NOT NULL,
    notice_withdrawn boolean NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (landlord, move_id)
) WITH (fillfactor = 90);
CREATE INDEX ON core.dwelling_move (dwelling);

-- `replaced` stands on the earlier identity of a move that is told of under its present one.
CREATE VIEW core.dwelling_move_recount AS
SELECT move_id, dwelling, cell_id, effective_on, date_trunc('month', tenancy_started_on::timestamp)::date AS tenancy_month,
    CASE WHEN move.direction = 'out' AND coalesce(cancel_reason, '') NOT IN ('replaced', 'mistake', 'duplicate')
        THEN date_trunc('month', notice_received_on::timestamp)::date END AS notice_month,
    move.direction = 'in' AS arrival, status = 'effective' AS counted,
    coalesce(nature.nature_class, other.nature_class) = 'first_letting' AS first_letting,
    date_precision = 'month' AS month_precision,
    status = 'cancelled' AND cancel_reason IS NOT DISTINCT FROM 'notice_withdrawn' AS notice_withdrawn, landlord,
    recorded_in
FROM core.move
JOIN core.nature AS other ON other.direction = move.direction AND other.reason = 'autre'
LEFT JOIN core.nature ON nature.direction = move.direction AND nature.reason = move.reason
WHERE coalesce(nature.nature_class, other.nature_class) NOT IN ('technical', 'out_of_scope')
    AND (status = 'effective'
        OR move.direction = 'out' AND notice_received_on IS NOT NULL
            AND coalesce(cancel_reason, '') NOT IN ('replaced', 'mistake', 'duplicate'));

-- What is compared of both: a move of which something is recorded that the refresh has not taken up is left out.
CREATE VIEW core.dwelling_move_settled AS
SELECT landlord, move_id, dwelling, cell_id, effective_on, tenancy_month, notice_month, arrival, counted, first_letting,
    month_precision, notice_withdrawn
FROM core.dwelling_move AS kept
WHERE NOT EXISTS (SELECT FROM core.move CROSS JOIN core.measure_state
    WHERE move.landlord = kept.landlord AND move.move_id = kept.move_id AND recorded_in >= taken_up_to);
CREATE VIEW core.dwelling_move_taken_up AS
SELECT landlord, move_id, dwelling, cell_id, effective_on, tenancy_month, notice_month, arrival, counted, first_letting,
    month_precision, notice_withdrawn
FROM core.dwelling_move_recount CROSS JOIN core.measure_state WHERE recorded_in < taken_up_to;
REVOKE SELECT ON core.dwelling_move_settled, core.dwelling_move_taken_up FROM analyst;

-- Days from a dwelling's move-out to its next move-in, by month of the move-in; from 1,095 on they are 1,095.
CREATE TABLE core.void_month (
    cell_id integer NOT NULL,
    month date NOT NULL,
    days integer NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (cell_id, landlord, month, days)
);

-- Whole months between the beginning of a tenancy and the departure, where the beginning is known; 720 is 60 years or
-- more.
CREATE TABLE core.tenure_month (
    cell_id integer NOT NULL,
    month date NOT NULL,
    tenure_months integer NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (cell_id, landlord, month, tenure_months)
);

-- What moves that were folded or erased since had contributed: `forget_moves` (streams/measures/linked.py) adds it.
CREATE TABLE core.linked_base (
    measure text NOT NULL CHECK (measure IN ('relet', 'notices', 'notices_withdrawn', 'voids', 'tenures')),
    cell_id integer NOT NULL,
    month date NOT NULL,
    value integer NOT NULL,
    n integer NOT NULL,
    landlord text NOT NULL,
    PRIMARY KEY (measure, cell_id, landlord, month, value)
);

-- The recount. A dwelling's moves in order: of one day, the departure first. What could still be equal then makes no
-- difference to what follows.
CREATE VIEW core.dwelling_sequence AS
SELECT moved.landlord, cell_id, effective_on, date_trunc('month', effective_on::timestamp)::date AS month, arrival,
    first_letting, month_precision,
    lag(arrival) OVER dwelling AS arrival_before, lag(effective_on) OVER dwelling AS before_on,
    lag(month_precision) OVER dwelling AS imprecise_before,
    min(date_trunc('month', effective_on::timestamp)::date) FILTER (WHERE arrival AND NOT first_letting) OVER (
        dwelling ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_reletting
FROM core.dwelling_move AS moved LEFT JOIN core.kept_by USING (landlord)
WHERE counted
WINDOW dwelling AS (PARTITION BY coalesce(keeper, moved.landlord), dwelling
    ORDER BY effective_on, arrival, moved.landlord, cell_id, first_letting, month_precision);

-- A re-letting stands in the 12 months from its own on, until the dwelling's next one takes its place.
CREATE VIEW core.linked_recount AS
SELECT cell_id, landlord, month, sum(relet)::integer AS relet_dwellings_12_months, sum(notices)::integer AS notices,
    sum(notices_withdrawn)::integer AS notices_withdrawn
FROM (
    SELECT cell_id, landlord, stands.month, 1 AS relet, 0 AS notices, 0 AS notices_withdrawn
    FROM core.dwelling_sequence AS relet
    JOIN core.calendar AS stands ON stands.month >= relet.month
        AND stands.month < least(relet.month + interval '12 months', coalesce(next_reletting, 'infinity'))
    WHERE arrival AND NOT first_letting
    UNION ALL
    SELECT cell_id, landlord, notice_month, 0, 1, notice_withdrawn::integer
    FROM core.dwelling_move WHERE notice_month IS NOT NULL
    UNION ALL
    SELECT cell_id, landlord, month, CASE measure WHEN 'relet' THEN n ELSE 0 END,
        CASE measure WHEN 'notices' THEN n ELSE 0 END, CASE measure WHEN 'notices_withdrawn' THEN n ELSE 0 END
    FROM core.linked_base WHERE measure IN ('relet', 'notices', 'notices_withdrawn')
) AS one
GROUP BY 1, 2, 3
HAVING (sum(relet), sum(notices), sum(notices_withdrawn)) <> (0, 0, 0);

CREATE OR REPLACE VIEW core.cell_ledger_recount AS
SELECT cell_id, landlord, month, relet_dwellings_12_months, notices, notices_withdrawn FROM core.linked_recount;

-- A date that is known to the month gives no number of days: such a void is left out.
CREATE VIEW core.void_recount AS
SELECT cell_id, landlord, month, days, sum(n)::integer AS n
FROM (SELECT cell_id, landlord, month, least(effective_on - before_on, 1095) AS days, 1 AS n
      FROM core.dwelling_sequence
      WHERE arrival AND NOT first_letting AND NOT arrival_before AND NOT month_precision AND NOT imprecise_before
      UNION ALL
      SELECT cell_id, landlord, month, value, n FROM core.linked_base WHERE measure = 'voids') AS one
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;

CREATE VIEW core.tenure_recount AS
SELECT cell_id, landlord, month, least(tenure_months, 720) AS tenure_months, sum(n)::integer AS n
FROM (SELECT cell_id, landlord, date_trunc('month', effective_on::timestamp)::date AS month,
          ((extract(year FROM effective_on) - extract(year FROM tenancy_month)) * 12
              + extract(month FROM effective_on) - extract(month FROM tenancy_month))::integer AS tenure_months, 1 AS n
      FROM core.dwelling_move WHERE counted AND NOT arrival AND tenancy_month IS NOT NULL
      UNION ALL
      SELECT cell_id, landlord, month, value, n FROM core.linked_base WHERE measure = 'tenures') AS one
WHERE tenure_months >= 0
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0;

GRANT TRUNCATE, MAINTAIN ON core.dwelling_move, core.void_month, core.tenure_month TO ingest;

-- Medians of the 12 months that end with each month, over declared landlord-months. `n`: how many values are behind;
-- bounds are those of the median at 95 %, none under six values. Kept by streams/measures/median_windows.py.
CREATE TABLE core.median_window (
    territory_id integer NOT NULL,
    part text NOT NULL,
    month date NOT NULL,
    measure text NOT NULL CHECK (measure IN ('void_days', 'tenure_months')),
    n integer NOT NULL,
    median real NOT NULL,
    lower real,
    upper real,
    q1 real NOT NULL,
    q3 real NOT NULL,
    PRIMARY KEY (territory_id, part, measure, month)
);

-- Tenancies running on 1 January of a year, by age: the year less that in which they began, from 1 to 40. From the
-- landlord's stock nearest to that day, of December or January; `core.stock_cell` has them by rooms, as a document.
-- An array a cell and year: a country has millions of ages, and is read whole.
CREATE TABLE core.running_tenancies (
    cell_id integer NOT NULL,
    year smallint NOT NULL,
    landlord text NOT NULL,
    by_age integer[] NOT NULL CHECK (array_length(by_age, 1) = 40 AND array_position(by_age, NULL) IS NULL),
    PRIMARY KEY (landlord, year, cell_id)
);

-- Which stock tells of which 1 January.
CREATE VIEW core.stock_of_january AS
SELECT DISTINCT ON (landlord, year) landlord, year, stock_on, recorded_in
FROM (SELECT landlord, stock_on, recorded_in, extract(year FROM stock_on + 31)::smallint AS year FROM core.stock
      WHERE extract(month FROM stock_on) IN (12, 1)) AS near
ORDER BY landlord, year, abs(stock_on - make_date(year, 1, 1)), stock_on;

CREATE TABLE core.january (
    landlord text NOT NULL,
    year smallint NOT NULL,
    stock_on date NOT NULL,
    recorded_in bigint NOT NULL,
    PRIMARY KEY (landlord, year)
);

-- Departures of a landlord's year, and those of which the beginning of the tenancy is known.
CREATE TABLE core.landlord_departures (
    landlord text NOT NULL,
    year smallint NOT NULL,
    departures integer NOT NULL,
    known_departures integer NOT NULL,
    PRIMARY KEY (landlord, year)
);
CREATE VIEW core.landlord_departures_recount AS
SELECT landlord, year, sum(departures)::integer AS departures, sum(known)::integer AS known_departures
FROM (SELECT landlord, extract(year FROM month)::smallint AS year, departures, 0 AS known FROM core.cell_month
      WHERE departures <> 0
      UNION ALL SELECT landlord, extract(year FROM month)::smallint, 0, n FROM core.tenure_month) AS one
GROUP BY 1, 2;

-- A landlord's year: who it is counted for at its end, whether all its months are declared, and whether its stock of 1
-- January is known.
CREATE TABLE core.landlord_year (
    landlord text NOT NULL,
    year smallint NOT NULL,
    unit text NOT NULL,
    declared_whole boolean NOT NULL,
    declared_qpv boolean NOT NULL,
    january boolean NOT NULL,
    PRIMARY KEY (landlord, year)
);
CREATE VIEW core.landlord_year_recount AS
SELECT covering.*, EXISTS (SELECT FROM core.january
        WHERE january.landlord = covering.landlord AND january.year = covering.year) AS january
FROM (SELECT landlord, extract(year FROM month)::smallint AS year,
          (array_agg(counted_for ORDER BY month DESC))[1] AS unit,
          count(*) = 12 AND bool_and(declared_whole AND whole) AS declared_whole,
          count(*) = 12 AND bool_and(declared_qpv) AS declared_qpv
      FROM core.landlord_month GROUP BY 1, 2) AS covering;

-- The years in which tenancies are followed: declared throughout by the landlord and those that it took over, their
-- stock of 1 January known, and the beginning of nine tenancies ended in ten. `followed`: that of the next one too.
CREATE VIEW core.followed_year AS
SELECT landlord, year, whole, qpv, next_january AS followed
FROM core.landlord_year JOIN (
    SELECT unit, year, bool_and(declared_whole) AS whole, bool_and(declared_qpv) AS qpv, bool_or(january) AS told,
        coalesce(sum(known_departures) * 10 >= sum(departures) * 9, true) AS known,
        coalesce(lead(year) OVER years = year + 1 AND lead(bool_or(january)) OVER years, false) AS next_january
    FROM core.landlord_year LEFT JOIN core.landlord_departures USING (landlord, year) GROUP BY unit, year
    WINDOW years AS (PARTITION BY unit ORDER BY year)) AS units
    USING (unit, year)
WHERE told AND known AND (whole OR qpv);

-- Survival of tenancies by age in years. `cohort`: the year in which they began, or `toutes`.
CREATE TABLE core.survival (
    territory_id integer NOT NULL,
    part text NOT NULL,
    cohort text NOT NULL,
    age_years smallint NOT NULL,
    at_risk integer NOT NULL,
    exits integer NOT NULL,
    survival real NOT NULL,
    lower real,
    upper real,
    PRIMARY KEY (territory_id, part, cohort, age_years)
);
GRANT TRUNCATE, MAINTAIN ON core.running_tenancies, core.january, core.landlord_departures, core.landlord_year TO ingest;

-- INSEE's RPLS by QPV, as its files give it (`quartiers rpls import`); null: statistical secrecy, or not said.
CREATE TABLE core.rpls_qpv (
    code text NOT NULL,
    year smallint NOT NULL,
    dwellings integer CHECK (dwellings >= 0),
    vacancy_percent numeric CHECK (vacancy_percent BETWEEN 0 AND 100),
    rotation_percent numeric CHECK (rotation_percent BETWEEN 0 AND 100),
    source text NOT NULL,
    PRIMARY KEY (code, year)
);

-- All social dwellings of a quartier, on its own perimeter: the newest vintage of its code, else, where the perimeter of
-- 2024 is that of 2015 (statut I), of the code it had. No row: unknown (DOMAIN: représentativité inconnue).
CREATE VIEW core.census AS
WITH known AS (
    SELECT code, year, dwellings, vacancy_percent, rotation_percent, source FROM core.rpls_qpv
    UNION ALL
    SELECT qpv_2015, 2022, dwellings, vacancy_percent, rotation_percent, 'INSEE, RPLS 2022'
    FROM core.rpls WHERE NOT EXISTS (SELECT FROM core.rpls_qpv WHERE code = qpv_2015 AND year = 2022)
)
SELECT DISTINCT ON (territory_id) territory_id, year, dwellings, vacancy_percent, rotation_percent, source,
    known.code = territory.code AS own_code
FROM core.territory
JOIN known ON known.code = territory.code OR statut = 'I' AND level = 'qpv_2024'
    AND known.code IN (SELECT qpv_2015 FROM core.qpv_lineage WHERE qpv_2024 = territory.code)
WHERE level IN ('qpv_2024', 'qpv_2015') AND dwellings IS NOT NULL
ORDER BY territory_id, known.code = territory.code DESC, year DESC;

-- A landlord that sends counts instead of moves has no re-lettings, notices, voids or tenures here: not nought, not
-- covered. A landlord is linked in a month unless some of its moves of the 12 months that end with it came as counts.
CREATE VIEW core.unlinked_landlord_month AS
SELECT DISTINCT landlord, later.month
FROM core.counts_cell AS counted
JOIN core.calendar AS later ON later.month >= counted.month AND later.month < counted.month + interval '12 months';

-- What is to be taken away from `core.observed_month`, numerators and denominators alike, for indicators that need the
-- link: what landlords that are not linked have in it. Few rows: most months have none.
CREATE VIEW core.unlinked_month AS
SELECT territory_id, part, month, sum(dwellings)::integer AS dwellings,
    sum(first_let_within_12_months)::integer AS first_let_within_12_months,
    sum(relet_dwellings_12_months)::integer AS relet_dwellings_12_months, sum(notices)::integer AS notices,
    sum(notices_withdrawn)::integer AS notices_withdrawn, sum(departures)::integer AS departures
FROM core.unlinked_landlord_month
JOIN core.landlord_month USING (landlord, month)
JOIN core.cell_month USING (landlord, month)
JOIN core.cell_part USING (cell_id)
WHERE CASE WHEN of_quartiers THEN declared_qpv ELSE whole AND declared_whole END
GROUP BY 1, 2, 3;

-- The same months with what is left: the only numerators and denominators of the re-letting rate and of notices.
CREATE VIEW core.linked_month AS
SELECT territory_id, part, month, observed.dwellings - coalesce(unlinked.dwellings, 0) AS dwellings,
    observed.first_let_within_12_months - coalesce(unlinked.first_let_within_12_months, 0) AS first_let_within_12_months,
    observed.relet_dwellings_12_months - coalesce(unlinked.relet_dwellings_12_months, 0) AS relet_dwellings_12_months,
    observed.notices - coalesce(unlinked.notices, 0) AS notices,
    observed.notices_withdrawn - coalesce(unlinked.notices_withdrawn, 0) AS notices_withdrawn,
    observed.departures - coalesce(unlinked.departures, 0) AS departures
FROM core.observed_month AS observed LEFT JOIN core.unlinked_month AS unlinked USING (territory_id, part, month);
