-- Live windows as staff sees them are stored, with what the threshold protects taken out: the plan of a query on a view
-- would tell how many rows lie under it, and a whole country's list would take seconds.

ALTER VIEW staff.rolling RENAME TO live_decided;
ALTER VIEW staff.live_decided SET SCHEMA core;
REVOKE SELECT ON core.live_decided FROM observatory, analyst;
GRANT SELECT ON core.live_decided TO ingest;

-- Written whole by the worker a moment after each commit (streams/publication/live.py).
CREATE TABLE core.shown_live (
    territory_id integer NOT NULL,
    window_days smallint NOT NULL,
    part text NOT NULL,
    as_of date NOT NULL,
    departures bigint,
    arrivals bigint,
    solde bigint,
    departures_status text NOT NULL,
    arrivals_status text NOT NULL,
    PRIMARY KEY (territory_id, window_days, part)
);

CREATE VIEW staff.rolling AS
SELECT territory_id, window_days, part, as_of, departures, arrivals, solde, departures_status, arrivals_status
FROM core.shown_live;
