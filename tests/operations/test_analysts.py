"""An analyst is a person: reads raw counters and no row of the ledger, and what it asks is logged under its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from operations.analysts import Asked, add, asked, asked_in, everyone, remove, role_of
from operations.services.errors import ServiceError
from runtime.database import connect
from runtime.settings import Settings
from streams.ingest.commit import GATE
from tests.operations.conftest import Quartiers
from tests.streams.stage import Stage, message, move, until

pytestmark = pytest.mark.services
NAME = "marie.durand"


@pytest.fixture
def superuser(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """The operator, where nobody has an access yet."""
    with connect(settings, "postgres", autocommit=True) as connection:
        for one in everyone(connection):
            remove(connection, one.name)
        yield connection


@pytest.fixture
def marie(settings: Settings, superuser: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A session of a named analyst."""
    with session(settings, add(superuser, NAME)) as connection:
        yield connection


@contextmanager
def session(settings: Settings, password: str) -> Iterator[psycopg.Connection[Any]]:
    where = {"host": "127.0.0.1", "port": settings.port("postgres"), "dbname": settings.database_name}
    with psycopg.connect(**where, user=role_of(NAME), password=password, autocommit=True) as connection:
        yield connection


def logged(superuser: psycopg.Connection[Any], text: str) -> Asked:
    """Return what the log says of a statement, as soon as it does."""
    found = until(lambda: [one for one in asked(superuser, NAME) if text in one.statement])
    return found[0]


def test_what_an_analyst_asks_is_in_the_log_with_its_name_and_its_values(
    marie: psycopg.Connection[Any], superuser: psycopg.Connection[Any]
) -> None:
    mark, started = uuid4().hex, datetime.now(UTC)
    marie.execute(f"SELECT sum(n) /* {mark} */ FROM core.monthly_counter WHERE landlord = %s", ["900000001"])
    found = logged(superuser, mark)
    assert (found.name, found.error) == (NAME, "")
    assert "900000001" in found.values
    assert abs((found.at - started).total_seconds()) < 60
    assert asked(superuser, "quelqu.un") == []


def test_what_was_refused_is_in_the_log_too(marie: psycopg.Connection[Any], superuser: psycopg.Connection[Any]) -> None:
    mark = uuid4().hex
    with pytest.raises(psycopg.errors.SyntaxError):
        marie.execute(f"SELECTE /* {mark} */ 1")
    assert "syntax error" in logged(superuser, mark).error


@pytest.mark.parametrize(
    "query",
    [
        "SELECT dwelling FROM core.move",
        "SELECT count(*) FROM core.move",
        "SELECT move_id FROM core.counted_move",
        "SELECT * FROM core.counted",
        "SELECT move_id FROM core.tombstone",
        "SELECT payload FROM core.quarantine",
        "SELECT message_fr FROM core.quarantine",
        "SELECT payload FROM core.outbox",
        "SET log_statement = 'none'",
        "RESET log_statement",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT * FROM pg_ls_logdir()",
        f"SELECT pg_advisory_lock({GATE})",
        "SELECT lo_create(1)",
        "CREATE TEMP TABLE mine (n integer)",
        "SET ROLE ingest",
    ],
)
def test_an_analyst_reads_no_row_of_the_ledger_and_turns_nothing_off(
    marie: psycopg.Connection[Any], query: str
) -> None:
    if query.startswith("RESET"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            marie.execute(query)
        return
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        marie.execute("SET default_transaction_read_only = off")
        marie.execute(query)


def test_an_analyst_reads_raw_counters(stage: Stage, marie: psycopg.Connection[Any]) -> None:
    stage.take(message(0, [move(qpv_2024="QN03107M"), move(number=2, commune="31999")]))
    assert marie.execute("SELECT n FROM core.daily_counter").fetchall() == [(1,)]
    assert marie.execute("SELECT sum(delta) FROM core.fact").fetchall() == [(1,)]
    assert marie.execute("SELECT reason FROM core.quarantine").fetchall() == [("unknown_commune",)]
    assert marie.execute("SHOW log_statement").fetchall() == [("all",)]


def test_an_access_that_is_taken_away_ends_at_once(
    settings: Settings, marie: psycopg.Connection[Any], superuser: psycopg.Connection[Any]
) -> None:
    assert [(one.name, one.sessions) for one in everyone(superuser)] == [(NAME, 1)]
    remove(superuser, NAME)
    with pytest.raises(psycopg.OperationalError):
        marie.execute("SELECT 1")
    assert everyone(superuser) == []


def test_nobody_logs_in_as_the_group(settings: Settings, superuser: psycopg.Connection[Any]) -> None:
    assert superuser.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'analyst'").fetchall() == [(False,)]


def test_names_are_checked_and_an_access_is_made_once(marie: object, superuser: psycopg.Connection[Any]) -> None:
    for name in ("", "Marie Durand", 'x"; DROP ROLE ingest', "a" * 60):
        with pytest.raises(ServiceError, match="n'est pas un nom de connexion"):
            add(superuser, name)
    with pytest.raises(ServiceError, match="a déjà un accès"):
        add(superuser, NAME)
    with pytest.raises(ServiceError, match="n'a pas d'accès"):
        remove(superuser, "paul")


def test_the_operator_gives_shows_and_takes_away(
    here: Settings, superuser: psycopg.Connection[Any], quartiers: Quartiers
) -> None:
    given = quartiers("analyst", "add", NAME)
    assert given.code == 0
    password = given.out.split("seulement : ")[1].split()[0]
    mark = uuid4().hex
    with session(here, password) as connection:
        connection.execute(f"SELECT /* {mark} */ 1")
    logged(superuser, mark)
    assert mark in quartiers("analyst", "log", "--name", NAME).out
    assert mark in quartiers("analyst", "log", "--json").out
    assert NAME in quartiers("analyst", "list").out
    assert quartiers("analyst", "remove", NAME).code == 0
    assert "Personne" in quartiers("analyst", "list").out


@pytest.mark.parametrize("line", [b"", b"{", b'{"user": "ingest", "message": "statement: SELECT 1"}', b'{"pid": 1}'])
def test_other_lines_of_the_log_tell_of_no_analyst(line: bytes) -> None:
    assert asked_in(line) is None
