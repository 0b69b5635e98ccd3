"""A reader may send any SQL: it learns nothing of what was not made for it, by no table, view, function or message.

Everything is enumerated from the catalogues, so that what a later migration adds is tried too. Hidden tables hold
canaries: a word, and a number of rows that no other table has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from operations.migrate import migrate
from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from streams.counters.windows import start_windows
from tests.conftest import empty
from tests.dashboards.conftest import ingest

pytestmark = pytest.mark.services
OPEN = {"public_reader": {"published"}, "observatory": {"published", "staff"}}
SYSTEM = ("pg_catalog", "information_schema")
OF_EVERYBODY = "^(time_bucket|time_bucket_gapfill|first|last|histogram|locf|interpolate)$"
"""Functions of TimescaleDB that compute with what they are given."""
CANARY, ROWS = "canari-7f3a9c", 7919
START, END = date(2025, 1, 1), date(2026, 1, 1)
RELATIONS = """
SELECT nspname, relname, relkind::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'v', 'm', 'f', 'p', 'S') AND nspname !~ '^pg_toast' ORDER BY 1, 2
"""
Reader = tuple[str, psycopg.Connection[Any]]


@pytest.fixture(scope="module")
def seeded(settings: Settings) -> Settings:
    """A small year, with canaries in tables that no reader may see."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, scale=0.03))
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute(
            "INSERT INTO core.outbox (topic, message_id, payload) "
            "SELECT %s, n, convert_to(%s, 'UTF8') FROM generate_series(1, %s) AS n",
            (CANARY, CANARY, ROWS),
        )
        connection.execute("VACUUM ANALYZE")
    return settings


@pytest.fixture(params=OPEN)
def reader(request: pytest.FixtureRequest, seeded: Settings) -> Iterator[Reader]:
    """Each reader in turn."""
    with connect(seeded, request.param, autocommit=True) as connection:
        yield request.param, connection


@pytest.fixture
def relations(seeded: Settings) -> list[tuple[str, str, str]]:
    """Every table, view and sequence there is."""
    with connect(seeded, "postgres", seeded.database_name) as connection:
        return connection.execute(RELATIONS).fetchall()


def refused(connection: psycopg.Connection[Any], statement: sql.Composable | str) -> bool:
    """Try a statement; whether the right to it is missing. Any other fault is the test's."""
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def test_nothing_but_its_own_schemas_is_readable(reader: Reader, relations: list[tuple[str, str, str]]) -> None:
    role, connection = reader
    readable = {
        f"{schema}.{name}"
        for schema, name, _ in relations
        if schema not in SYSTEM
        and not refused(connection, sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(schema, name)))
    }
    assert readable == {f"{schema}.{name}" for schema, name, kind in relations if schema in OPEN[role] and kind != "S"}


def test_nothing_is_writable(reader: Reader, relations: list[tuple[str, str, str]]) -> None:
    _, connection = reader
    for schema, name, _ in relations:
        rights = connection.execute(
            "SELECT bool_or(has_table_privilege(c.oid, wanted)) FROM pg_class AS c, "
            "unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN']) AS wanted "
            "WHERE relnamespace = %s::regnamespace AND relname = %s AND relkind <> 'S'",
            (schema, name),
        ).fetchall()
        # a view that a role may change is its own settings, which the server checks by itself
        assert not rights[0][0] or (schema, name) == ("pg_catalog", "pg_settings"), f"{schema}.{name}"


def test_no_function_of_ours_or_of_the_extension_is_callable(reader: Reader) -> None:
    role, connection = reader
    callable_ = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace::regnamespace::text <> ALL (%s) "
        "AND has_function_privilege(oid, 'EXECUTE') AND has_schema_privilege(pronamespace, 'USAGE') "
        "AND proname !~ %s",
        (list(SYSTEM), OF_EVERYBODY),
    ).fetchall()
    assert {one.split("(")[0].split(".")[0] for (one,) in callable_} <= OPEN[role]
    as_another = connection.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND has_function_privilege(oid, 'EXECUTE') "
        "AND has_schema_privilege(pronamespace, 'USAGE')"
    ).fetchall()
    assert not as_another


def test_no_system_view_tells_what_a_hidden_table_holds(reader: Reader, relations: list[tuple[str, str, str]]) -> None:
    _, connection = reader
    read = 0
    for schema, name, _ in relations:
        columns = connection.execute(
            "SELECT array_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = "
            "(SELECT oid FROM pg_class WHERE relnamespace = %s::regnamespace AND relname = %s) AND attnum > 0 "
            "AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'SELECT')",
            (schema, name),
        ).fetchall()[0][0]
        if not columns:
            continue
        listed = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = sql.SQL("SELECT ROW({})::text FROM {}").format(listed, sql.Identifier(schema, name))
        try:
            rows = connection.execute(statement).fetchall()
        except (psycopg.errors.InsufficientPrivilege, psycopg.DataError):
            continue
        read += 1
        for (row,) in rows:
            told = row.replace("(", ",").replace(")", ",").split(",")
            assert CANARY not in row and str(ROWS) not in told, f"{schema}.{name}: {row[:200]}"
    assert read > 50


def test_no_function_tells_the_size_of_a_hidden_table(reader: Reader, seeded: Settings) -> None:
    role, connection = reader
    with connect(seeded, "postgres", seeded.database_name) as owner:
        oid, *sizes = owner.execute(
            "SELECT oid::bigint, pg_relation_size(oid), pg_table_size(oid), pg_total_relation_size(oid), "
            "pg_indexes_size(oid) FROM pg_class WHERE oid = 'core.outbox'::regclass"
        ).fetchall()[0]
    told = {ROWS, *sizes}
    functions = connection.execute(
        "SELECT oid::regproc::text, proargtypes[0]::regtype::text FROM pg_proc WHERE pronargs = 1 AND prokind = 'f' "
        "AND proargtypes[0] IN ('oid'::regtype, 'regclass'::regtype) AND NOT proretset "
        "AND has_function_privilege(oid, 'EXECUTE') AND has_schema_privilege(pronamespace, 'USAGE')"
    ).fetchall()
    assert functions
    for name, kind in functions:
        try:
            answers = connection.execute(f"SELECT {name}({oid}::{kind})").fetchall()
        except psycopg.Error:
            continue
        assert not told & {answers[0][0]}, f"{role}: {name}"


NAMES = {
    "territory_id",
    "level",
    "code",
    "name",
    "departement",
    "month",
    "window_months",
    "part",
    "starts_at",
    "ends_at",
    "indicator",
}
"""What figures are of: which territories, months and indicators there are is no secret."""
STATISTICS = (
    "SELECT reltuples FROM pg_class",
    "SELECT n_live_tup FROM pg_stat_all_tables",
    "SELECT tup_inserted FROM pg_stat_database",
    "SELECT query FROM pg_stat_activity",
    "SELECT stavalues1 FROM pg_statistic",
    "SELECT pg_total_relation_size(oid) FROM pg_class",
    "SELECT pg_database_size(current_database())",
    "SELECT * FROM timescaledb_information.chunks",
    "SELECT * FROM _timescaledb_functions.hypertable_local_size('core', 'fact')",
    "SELECT approximate_row_count(oid) FROM pg_class WHERE relname = 'fact'",
    "EXPLAIN SELECT * FROM core.move",
    "EXPLAIN ANALYZE SELECT * FROM core.rolling_counter",
)
DOINGS = (
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY published.territory TO '/tmp/x'",
    "CREATE TEMP TABLE mine (n integer)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "SET ROLE ingest",
    "SET SESSION AUTHORIZATION migrator",
    "ALTER ROLE analyst PASSWORD 'x'",
    "SELECT pg_advisory_lock(1)",
    "SELECT lo_create(0)",
    "SELECT add_job('pg_catalog.pg_sleep', interval '1 second')",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT pg_notify('a', 'b')",
    "BEGIN; LOCK TABLE published.figure IN EXCLUSIVE MODE",
    "SELECT * FROM published.vintage FOR UPDATE",
)


@pytest.mark.parametrize("statement", STATISTICS + DOINGS)
def test_a_reader_is_refused(reader: Reader, statement: str) -> None:
    role, connection = reader
    assert refused(connection, statement), f"{role} may: {statement}"


def test_the_planner_shows_no_hidden_statistics(reader: Reader) -> None:
    role, connection = reader
    tables = connection.execute("SELECT DISTINCT schemaname FROM pg_stats").fetchall()
    assert {schema for (schema,) in tables} - set(SYSTEM) <= OPEN[role]


def test_a_row_that_a_view_holds_back_is_not_told_by_a_message(reader: Reader) -> None:
    """A predicate that fails on every value not shown: were it tried on a hidden row, the error would quote it."""
    role, connection = reader
    columns = connection.execute(
        "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE table_schema = ANY (%s)",
        (sorted(OPEN[role]),),
    ).fetchall()
    assert columns
    told = []
    for schema, view, column in columns:
        trap = sql.SQL(
            "SELECT count(*) FROM {view} WHERE CASE WHEN {column}::text IS NULL OR {column}::text = ANY ("
            "SELECT {column}::text FROM {view}) THEN true ELSE (('x' || {column}::text)::integer > 0) END"
        ).format(view=sql.Identifier(schema, view), column=sql.Identifier(column))
        try:
            connection.execute(trap)
        except psycopg.errors.InvalidTextRepresentation as error:
            if column not in NAMES:
                told.append(f"{schema}.{view}.{column}: {error}")
    assert not told


def test_a_finding_is_read_where_it_is_stored_never_from_the_counts_that_it_leaves_out(seeded: Settings) -> None:
    """Where a view decides as it is read, a condition of the reader's own is tried on rows that the threshold hides."""
    with connect(seeded, "observatory") as connection:
        plan = connection.execute("EXPLAIN SELECT * FROM staff.finding WHERE (moves || 'x')::integer > 0").fetchall()
    read = {found.group(1) for (line,) in plan if (found := re.search(r"Scan.* on (\w+)", line))}
    assert "finding" in read
    assert read <= {"finding", "landlord", "ingest_offset", "territory"}, "names, and landlords heard of: no counts"


def test_no_view_of_a_reader_reads_moves_one_by_one(seeded: Settings) -> None:
    """EXPLAIN ANALYZE tells how many rows a view went through: of moves or daily counts that would be their number."""
    with connect(seeded, "postgres", seeded.database_name) as connection:
        read = connection.execute(
            """
            WITH RECURSIVE reads AS (
                SELECT ev_class AS view, refobjid AS relation FROM pg_rewrite
                JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
                    AND refclassid = 'pg_class'::regclass AND refobjid <> ev_class
                UNION
                SELECT reads.view, refobjid FROM reads JOIN pg_rewrite ON ev_class = relation
                JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
                    AND refclassid = 'pg_class'::regclass AND refobjid <> ev_class)
            SELECT DISTINCT relation::regclass::text FROM reads JOIN pg_class ON pg_class.oid = view
            WHERE relnamespace IN ('staff'::regnamespace, 'published'::regnamespace)
            """
        ).fetchall()
    assert not {one for (one,) in read} & {
        "core.move",
        "core.fact",
        "core.daily_counter",
        "core.counts_cell",
        "core.stock_cell",
    }


@pytest.mark.parametrize("role", OPEN)
def test_settings_and_password_that_a_reader_changed_are_put_back(settings: Settings, role: str) -> None:
    with connect(settings, role, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {role} SET statement_timeout = 0")
        connection.execute(f"ALTER ROLE {role} SET work_mem = '1GB'")
        connection.execute(f"ALTER ROLE {role} PASSWORD 'changed by a viewer'")
    migrate(settings)
    with connect(settings, role) as connection:
        assert connection.execute("SHOW statement_timeout").fetchall() == [("1min",)]
        assert connection.execute("SHOW work_mem").fetchall() != [("1GB",)]
