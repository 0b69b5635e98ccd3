"""One real Kafka and one real TimescaleDB for the whole run, on free loopback ports, in the instance `test`; beside
each other, pytest's workers have one each (`test-gw0`, ...).

Data is thrown away at the start of the run and before each test that asks for it; the services stay.
"""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import broker_service, database_service
from runtime.broker import admin, enrol_worker
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import MOVES, RECEIPTS, SANDBOX, SENTINEL
from schemas.territories import load

KEPT = (
    "territory commune qpv_commune qpv_lineage rpls rpls_qpv cell cell_territory flow nature rolling_window "
    "window_state shown_state staff_rule calendar poisson_bounds measure_state retention"
).split()
"""Facts of the programme and states of one row: every other table of the database holds what was received."""
RECEIVED = """
SELECT string_agg(format('%%I.%%I', schemaname, tablename), ', ') FROM pg_tables
WHERE schemaname IN ('core', 'staff', 'published') AND NOT (schemaname = 'core' AND tablename = ANY (%s))
"""


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """The running instance of this process."""
    name = os.environ.get("QUARTIERS_TEST_INSTANCE", "test")
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    found = Settings.load(f"{name}-{worker}" if worker else name)
    database_service.start(found, print)
    broker_service.start(found, print)
    with connect(found, "postgres", "postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {found.database_name} WITH (FORCE)")
    migrate(found)
    with connect(found, "migrator") as connection:
        load_reference(connection, load())
    yield found
    broker_service.stop(found)
    database_service.stop(found)


def empty(settings: Settings) -> None:
    """Throw away every move and what hangs on it; territories stay."""
    with connect(settings, "migrator") as connection:
        received = connection.execute(RECEIVED, (KEPT,)).fetchall()[0][0]
        connection.execute(f"TRUNCATE {received} RESTART IDENTITY CASCADE")
        connection.execute("UPDATE core.measure_state SET (taken_up_to, refreshed_at) = (0, NULL)")
        connection.execute("UPDATE core.shown_state SET through = NULL")
        connection.execute("DELETE FROM core.retention")
        connection.execute("INSERT INTO core.retention DEFAULT VALUES")


@pytest.fixture
def database(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role `ingest` to an empty database."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        yield connection


@pytest.fixture
def broker(settings: Settings) -> Settings:
    """The broker without any landlord's topic, the worker's rights given."""
    client = admin(settings)
    try:
        ours = (MOVES, SANDBOX, RECEIPTS)
        stale = [name for name in client.list_topics() if name.startswith(ours) and name != SENTINEL]
        if stale:
            client.delete_topics(stale)
    finally:
        client.close()
    enrol_worker(settings)
    return settings
