-- Quartiers of which too little was declared when their month was tested are tested later, in a further family of it.
-- Invariant: a quartier is in one family of a month: `awaited` names those that none has tested yet.

ALTER TABLE core.alert_family
    ADD COLUMN number integer NOT NULL DEFAULT 1,
    ADD COLUMN held_on date NOT NULL DEFAULT '-infinity',
    ADD COLUMN awaited text[] NOT NULL DEFAULT '{}',
    DROP CONSTRAINT alert_family_pkey,
    ADD PRIMARY KEY (month, number);
ALTER TABLE core.alert_family ALTER COLUMN held_on DROP DEFAULT, ALTER COLUMN awaited DROP DEFAULT;
ALTER TABLE core.alert ADD COLUMN family integer NOT NULL DEFAULT 1;

-- `untested`: those of which the month's last family could say nothing. What is expected of chance adds up.
CREATE OR REPLACE VIEW staff.alert_family AS
SELECT month, staff.month_start(month) AS starts_at, sum(tests)::integer AS tests,
    sum(round((tests * cut)::numeric, 1)) AS expected_false,
    (array_agg(untested ORDER BY number DESC))[1] AS untested
FROM core.alert_family GROUP BY month;
