-- Who may do what. No superuser at run time; what the public role can read has been suppressed beforehand.

GRANT USAGE ON SCHEMA core TO ingest, analyst;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA core TO ingest;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA core TO ingest;
GRANT TRUNCATE ON core.daily_counter, core.monthly_counter, core.rolling_counter, core.stock_counter, core.cell_territory
    TO ingest;
GRANT SELECT ON ALL TABLES IN SCHEMA core TO analyst;
GRANT USAGE ON SCHEMA staff TO observatory, analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA staff TO observatory, analyst;
GRANT USAGE ON SCHEMA published TO public_reader, observatory, analyst;
