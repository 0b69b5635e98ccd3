-- A second family of a month: what had no verdict for want of coverage is tested once nothing more is awaited.
-- Invariant: at most one final family a month, and none of the month after it; no quartier and kind is in two.

-- `final`: held when nothing more was awaited.
ALTER TABLE core.alert_family ADD COLUMN final boolean NOT NULL DEFAULT false;
UPDATE core.alert_family AS family
SET final = family.month <= (date_trunc('month', as_of::timestamp) - provisional_months * interval '1 month')::date
FROM core.detection_run, core.staff_rule
WHERE detection_run.run_id = family.run_id;
ALTER TABLE core.alert_family
    ALTER COLUMN final DROP DEFAULT,
    DROP CONSTRAINT alert_family_pkey,
    ADD PRIMARY KEY (month, final),
    ADD UNIQUE (run_id);
