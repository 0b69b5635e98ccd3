-- What staff is shown of declared windows: those of the view `core.observed_window`, with what the staff threshold
-- protects taken out beforehand. Written by the refresh (streams/secrecy/): a measure is null where it is secret.
-- Readers have no other way to the count of a declared window. Dwellings are means over the window.

-- Late declarations still come: the month that runs and the one before are provisional, however complete.
ALTER TABLE core.staff_rule ADD COLUMN provisional_months integer NOT NULL DEFAULT 2;
CREATE VIEW core.settled AS
SELECT (date_trunc('month', as_of::timestamp) - provisional_months * interval '1 month')::date AS through
FROM core.window_state CROSS JOIN core.staff_rule;

-- The last month of which counts are shown: that of the last decision (streams/publication/staff.py).
CREATE TABLE core.shown_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    through date
);
INSERT INTO core.shown_state DEFAULT VALUES;

CREATE TABLE core.shown_window (
    territory_id integer NOT NULL,
    part text NOT NULL,
    window_months smallint NOT NULL,
    month date NOT NULL,
    status text NOT NULL CHECK (status IN ('value', 'provisional', 'not_covered', 'no_data')),
    all_dwellings numeric NOT NULL,
    dwellings numeric NOT NULL,
    vacant numeric NOT NULL,
    vacant_over_3_months numeric NOT NULL,
    first_let_within_12_months numeric NOT NULL,
    out_of_market numeric NOT NULL,
    departures integer,
    departures_same_landlord integer,
    departures_other_landlord integer,
    departures_rehoused integer,
    departures_reason_unknown integer,
    left_same_qpv integer,
    left_other_qpv integer,
    left_same_commune integer,
    left_same_epci integer,
    left_departement integer,
    left_region integer,
    left_elsewhere integer,
    arrivals integer,
    first_lettings integer,
    arrivals_same_landlord integer,
    arrivals_rehoused integer,
    came_same_qpv integer,
    came_other_qpv integer,
    came_same_commune integer,
    came_same_epci integer,
    came_departement integer,
    came_region integer,
    came_elsewhere integer,
    sold_to_tenant integer,
    relet_dwellings_12_months integer,
    notices integer,
    notices_withdrawn integer,
    PRIMARY KEY (territory_id, part, window_months, month)
);
