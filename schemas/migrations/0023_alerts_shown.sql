-- What staff may see of the evidence of alerts, of the months examined, and of what waits to be sent.
-- Invariant: a count stands here only where `staff.measure` shows it. What was expected is a whole number, told beside
-- such a count only, and a chance is told by its power of ten: to the digit they would give a month's count back.

ALTER TABLE core.outbox ADD COLUMN queued_at timestamptz NOT NULL DEFAULT clock_timestamp();
CREATE VIEW staff.outbox AS SELECT count(*) AS messages_waiting, min(queued_at) AS oldest_queued_at FROM core.outbox;

-- What the detectors expected of each quartier with a verdict. `dwellings`: those declared then.
CREATE TABLE core.expected_month (
    month date NOT NULL,
    measure text NOT NULL,
    territory_id integer NOT NULL,
    expected double precision NOT NULL,
    dwellings double precision NOT NULL,
    PRIMARY KEY (territory_id, measure, month)
);

-- Observed against expected over 1, 3 and 12 months. Relogements are expected by nobody: they are left out of what is
-- observed where their number is shown. What was expected is for the dwellings declared now.
CREATE VIEW staff.expected_window AS
WITH summed AS (
    SELECT last.measure, last.territory_id, last.month, window_months,
        sum(past.expected) AS expected, avg(past.dwellings) AS dwellings
    FROM core.expected_month AS last
    CROSS JOIN (VALUES (1), (3), (12)) AS lengths (window_months)
    JOIN core.expected_month AS past ON (past.measure, past.territory_id) = (last.measure, last.territory_id)
        AND past.month BETWEEN last.month - (window_months - 1) * interval '1 month' AND last.month
    GROUP BY 1, 2, 3, 4 HAVING count(*) = window_months AND avg(past.dwellings) > 0
)
SELECT territory_id, measure, window_months, month, staff.month_start(month) AS starts_at, told.observed, now.expected
FROM summed
JOIN staff.measure AS shown USING (territory_id, window_months, month)
CROSS JOIN core.staff_rule
CROSS JOIN LATERAL (SELECT staff.shown(CASE measure
        WHEN 'departures' THEN departures - coalesce(departures_rehoused, 0)
        WHEN 'arrivals' THEN arrivals - coalesce(arrivals_rehoused, 0)
        WHEN 'notices' THEN notices END, threshold) AS observed) AS told
CROSS JOIN LATERAL (SELECT round(summed.expected * shown.dwellings::float8 / summed.dwellings)::integer AS expected)
    AS now
WHERE part = 'all' AND told.observed IS NOT NULL AND now.expected >= threshold;

-- `open`: may still be lifted, or is an alert that was confirmed and of which nobody has said anything. `neighbours_alike`: how many other
-- quartiers of its communes go the same way, by half at least.
CREATE VIEW staff.alert_evidence AS
SELECT alert.alert_id,
    alert.state = 'provisional' OR alert.state = 'confirmed' AND alert.level = 'alert' AND feedback IS NULL AS open,
    CASE WHEN (evidence ->> 'p')::float8 < 0.0001 THEN '< 0,0001' WHEN (evidence ->> 'p')::float8 < 0.001 THEN '< 0,001'
        WHEN evidence ->> 'p' IS NOT NULL THEN '< 0,01' END AS chance,
    shown.observed, shown.expected,
    jsonb_array_length(evidence -> 'neighbours') AS neighbours,
    (SELECT count(*) FROM jsonb_array_elements(evidence -> 'neighbours') AS near
     WHERE CASE WHEN alert.kind LIKE '%\_down' THEN (near ->> 'ratio')::float8 <= 2 / 3.0
         ELSE (near ->> 'ratio')::float8 >= 1.5 END) AS neighbours_alike
FROM core.alert
JOIN staff.alert AS said USING (alert_id)
LEFT JOIN staff.expected_window AS shown ON shown.territory_id = alert.territory_id AND shown.month = alert.month
    AND shown.window_months = 1 AND shown.measure = split_part(alert.kind, '_', 1);

CREATE VIEW staff.alert_step AS SELECT alert_id, step, at, state FROM core.alert_step;

-- `expected_false`: how many alerts of the month chance alone would have raised, on average: its tests times its limit.
CREATE VIEW staff.alert_family AS
SELECT month, staff.month_start(month) AS starts_at, tests, round((tests * cut)::numeric, 1) AS expected_false, untested
FROM core.alert_family;
