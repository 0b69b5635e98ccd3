"""One real Kafka and one real TimescaleDB for the whole run, on free loopback ports, in the instance `test`.

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

MUTABLE = (
    "core.move, core.fact, core.daily_counter, core.monthly_counter, core.rolling_counter, core.ingest_offset, "
    "core.topic_end, core.reading_gap, core.quarantine, core.tally, core.outbox, core.stock, core.stock_cell, "
    "core.stock_counter, "
    "core.declaration, core.counts, core.counts_cell, core.landlord, core.cell_month, core.landlord_month, "
    "core.observed_month, core.complete_through, "
    "core.dwelling_move, core.kept_by, core.void_month, core.tenure_month, core.linked_base, core.median_window, "
    "core.running_tenancies, core.january, core.survival, "
    "core.folded, core.folded_notice, core.tombstone, core.backfill, core.retention"
)


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """The running instance `test`."""
    found = Settings.load(os.environ.get("QUARTIERS_TEST_INSTANCE", "test"))
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
        connection.execute(f"TRUNCATE {MUTABLE} RESTART IDENTITY CASCADE")
        connection.execute("UPDATE core.measure_state SET taken_up_to = 0")
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
