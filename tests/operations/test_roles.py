"""Who reads may send any SQL: it can neither hold up those who write nor read what was not meant for it."""

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from streams.ingest.commit import GATE

pytestmark = pytest.mark.services
READERS = ("observatory", "public_reader")


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize(
    "call",
    [
        f"pg_advisory_lock({GATE})",
        f"pg_advisory_xact_lock({GATE})",
        f"pg_try_advisory_lock_shared({GATE})",
        "lo_create(1)",
    ],
)
def test_a_reader_holds_no_lock_and_writes_no_large_object(settings: Settings, role: str, call: str) -> None:
    with connect(settings, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT {call}")


@pytest.mark.parametrize("role", READERS)
def test_a_reader_sees_no_table_of_the_core_and_makes_nothing(settings: Settings, role: str) -> None:
    for statement in (
        "SELECT FROM core.move",
        "SELECT FROM core.monthly_counter",
        "SELECT payload FROM core.quarantine",
        "CREATE TEMP TABLE mine (n integer)",
        "CREATE TABLE public.mine (n integer)",
        "SELECT core.intern_cell('31555', NULL, NULL, 'outside')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ):
        with connect(settings, role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize("role", READERS)
def test_a_reader_is_given_a_minute(settings: Settings, role: str) -> None:
    with connect(settings, role) as connection:
        assert connection.execute("SHOW statement_timeout").fetchall() == [("1min",)]


def test_the_public_reads_nothing_of_the_staff(settings: Settings) -> None:
    with connect(settings, "public_reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT FROM staff.rolling")
