"""What readers are refused beyond tables: who may send any SQL asks the server's own views and functions too.

Invariant: `observatory` and `public_reader` learn nothing of how much a hidden table holds or takes in (statistics,
sizes, the planner's row counts, TimescaleDB's catalogue), hold no lock, start no job and write nothing, log included.
All of it is PostgreSQL's default for everybody: it is taken from PUBLIC and given back to the roles that work.
"""

READERS = ("observatory", "public_reader")
WORKERS = "ingest, migrator, analyst"

# Whoever may send any SQL, a viewer of Grafana for one, could otherwise hold the gate at which batches wait.
LOCKS_ARE_FOR_WRITERS = r"""
DO $$
DECLARE one regprocedure;
BEGIN
    FOR one IN
        SELECT oid::regprocedure FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
            AND (proname LIKE 'pg\_advisory\_%' OR proname LIKE 'pg\_try\_advisory\_%'
                OR proname LIKE 'lo\_%' OR proname IN ('loread', 'lowrite'))
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one);
        IF one::text LIKE '%advisory%' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ingest, migrator', one);
        END IF;
    END LOOP;
END $$
"""

# The statistics collector tells how many rows each table took in, to the row; a size tells it to the page.
# A function of TimescaleDB could start a job that runs for ever; only those that compute with times stay.
ACTIVITY_IS_FOR_WORKERS = rf"""
DO $$
DECLARE one regprocedure; kept text;
BEGIN
    FOR one IN
        SELECT routine.oid::regprocedure FROM pg_proc AS routine
        LEFT JOIN pg_depend ON classid = 'pg_proc'::regclass AND objid = routine.oid AND deptype = 'e'
            AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'timescaledb')
        WHERE has_function_privilege('public_reader', routine.oid, 'EXECUTE') AND (
            pronamespace = 'pg_catalog'::regnamespace AND (
                proname LIKE 'pg\_stat\_get\_%' OR proname LIKE 'pg\_current\_wal\_%'
                OR proname LIKE 'pg\_relation\_file%' OR proname IN (
                    'pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size',
                    'pg_database_size', 'pg_tablespace_size', 'pg_column_compression', 'pg_lock_status',
                    'pg_blocking_pids', 'pg_safe_snapshot_blocking_pids', 'pg_logical_emit_message',
                    'pg_export_snapshot', 'pg_last_committed_xact', 'pg_notify', 'pg_filenode_relation',
                    'pg_cancel_backend', 'pg_terminate_backend'))
            OR pg_depend.objid IS NOT NULL
                AND proname !~ '^(time_bucket|time_bucket_gapfill|first|last|histogram|locf|interpolate)$')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO {WORKERS}', one);
    END LOOP;
    -- USAGE stays: TimescaleDB looks names of its schemas up on behalf of whoever asks anything.
    FOR kept IN SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname ~ '^_?timescaledb_' LOOP
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM PUBLIC', kept);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %s FROM PUBLIC', kept);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO {WORKERS}', kept);
        EXECUTE format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %s TO {WORKERS}', kept);
    END LOOP;
    IF has_column_privilege('public_reader', 'pg_catalog.pg_class', 'reltuples', 'SELECT') THEN
        SELECT string_agg(quote_ident(attname), ', ') INTO kept FROM pg_attribute
        WHERE attrelid = 'pg_catalog.pg_class'::regclass AND NOT attisdropped
            AND attname NOT IN ('reltuples', 'relpages', 'relallvisible');
        REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC;
        EXECUTE format('GRANT SELECT (%s) ON pg_catalog.pg_class TO PUBLIC', kept);
        GRANT SELECT ON pg_catalog.pg_class TO {WORKERS};
    END IF;
END $$
"""  # noqa: S608

# A role may always change its own settings and password: `quartiers up` puts both back.
SETTINGS = (
    "ALTER ROLE {} RESET ALL",
    "ALTER ROLE {} SET statement_timeout = '60s'",
    "ALTER ROLE {} SET idle_in_transaction_session_timeout = '60s'",
)
