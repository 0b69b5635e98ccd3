-- What the attack on live windows found (tests/attack/test_staff.py): with every level and part of the ladder shown,
-- a count that one row holds back is told by the rows around it. Live windows stay for the quartiers of 2024 and for
-- the region, which is where they are looked at; every other territory is read over declared windows.

-- `part`: all, qpv, hors_qpv, non_localise; a quartier has `all` only. Where one of the region's parts is secret the
-- others are held back with it; its `qpv` is secret too where what its quartiers hold back is one quartier's, or little.
CREATE OR REPLACE VIEW staff.rolling AS
WITH counted AS (
    SELECT level, territory_id, window_days,
        CASE WHEN grouping(inside_qpv) = 1 THEN 'all' WHEN inside_qpv THEN 'qpv' WHEN NOT inside_qpv THEN 'hors_qpv'
            ELSE 'non_localise' END AS part,
        coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0)::bigint AS departures,
        coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0)::bigint AS arrivals
    FROM core.rolling_counter JOIN core.flow USING (flow) JOIN core.territory USING (territory_id)
    WHERE level IN ('qpv_2024', 'region')
    GROUP BY level, territory_id, window_days, GROUPING SETS ((), (inside_qpv))
), weighed AS (
    SELECT counted.*, threshold,
        staff.shown(departures, threshold) IS NULL OR part = 'qpv' AND quartiers.tell_departures AS secret_departures,
        staff.shown(arrivals, threshold) IS NULL OR part = 'qpv' AND quartiers.tell_arrivals AS secret_arrivals
    FROM counted CROSS JOIN core.staff_rule
    LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE departures BETWEEN 1 AND threshold - 1) = 1
                OR sum(departures) FILTER (WHERE departures < threshold) BETWEEN 1 AND threshold - 1 AS tell_departures,
            count(*) FILTER (WHERE arrivals BETWEEN 1 AND threshold - 1) = 1
                OR sum(arrivals) FILTER (WHERE arrivals < threshold) BETWEEN 1 AND threshold - 1 AS tell_arrivals
        FROM (SELECT coalesce(sum(n) FILTER (WHERE direction = 'out' AND nature_class <> 'technical'), 0) AS departures,
                coalesce(sum(n) FILTER (WHERE direction = 'in' AND nature_class <> 'technical'), 0) AS arrivals
              FROM core.territory AS quartier JOIN core.rolling_counter USING (territory_id) JOIN core.flow USING (flow)
              WHERE quartier.level = 'qpv_2024' AND rolling_counter.window_days = counted.window_days
              GROUP BY quartier.territory_id) AS quartier
    ) AS quartiers ON counted.level = 'region' AND part = 'qpv'
    WHERE counted.level = 'region' OR part = 'all'
), masked AS (
    SELECT weighed.*,
        coalesce(bool_or(secret_departures) FILTER (WHERE part IN ('hors_qpv', 'non_localise')) OVER same, false)
            OR part <> 'all' AND bool_or(secret_departures) FILTER (WHERE part <> 'all') OVER same AS hide_departures,
        coalesce(bool_or(secret_arrivals) FILTER (WHERE part IN ('hors_qpv', 'non_localise')) OVER same, false)
            OR part <> 'all' AND bool_or(secret_arrivals) FILTER (WHERE part <> 'all') OVER same AS hide_arrivals
    FROM weighed
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
