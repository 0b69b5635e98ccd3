-- Landlords come, pause, and are taken over by another.

ALTER TABLE core.landlord
    ADD COLUMN expected_dwellings integer,
    ADD COLUMN suspended_at timestamptz,
    ADD COLUMN merged_into text REFERENCES core.landlord,
    ADD COLUMN merged_on date,
    ADD COLUMN series_broken boolean NOT NULL DEFAULT false,
    ADD CHECK ((merged_into IS NULL) = (merged_on IS NULL)),
    ADD CHECK (merged_into <> siren);

-- A stock holds from its month until the month of the landlord's next one, until the month in which another landlord
-- took it over, or until now.
CREATE OR REPLACE VIEW core.stock_month AS
SELECT landlord, stock_on, month
FROM (SELECT stock.landlord, stock_on, date_trunc('month', stock_on::timestamp)::date AS first_month,
        least(coalesce(lead(date_trunc('month', stock_on::timestamp)::date)
                OVER (PARTITION BY stock.landlord ORDER BY stock_on), 'infinity'),
            coalesce(date_trunc('month', merged_on::timestamp)::date, 'infinity')) AS next_month
      FROM core.stock LEFT JOIN core.landlord ON siren = stock.landlord) AS span
CROSS JOIN core.window_state
JOIN core.calendar ON month >= first_month AND month < next_month AND month <= as_of;
