"""A small simulated region in the database, read as Grafana reads it: by the role `observatory`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from producers.region import Region, simulate
from producers.region.upload import as_upload
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.publication.live import show_live
from tests.conftest import empty
from tests.dashboards.alerting import write_alerts
from tests.dashboards.filling import fill

START, END = date(2024, 1, 1), date(2026, 1, 1)
UNREAD = 3
ONE_FINDING = """
UPDATE core.landlord SET expected_dwellings = 1 WHERE siren = (SELECT min(siren) FROM core.landlord)
"""
"""A landlord of which far fewer dwellings were expected than it has."""


def ingest(settings: Settings, region: Region) -> None:
    """Take all that a region publishes, as the worker would, without a broker."""
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    with connect(settings, "ingest", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO core.landlord (siren, name) VALUES (%s, %s)",
            [(one.siren, one.name) for one in region.landlords],
        )
        for siren, publications in region.publications_by_landlord().items():
            topic = moves_topic(siren)
            messages = [
                Message(topic, 0, offset, one.published_at.timestamp(), one.payload)
                for offset, one in enumerate(as_upload(publications))
            ]
            pipeline.commit(pipeline.prepare(messages))
            cursor.execute(
                "INSERT INTO core.topic_end (topic, partition, end_offset) VALUES (%s, 0, %s)",
                (topic, len(messages) + UNREAD),
            )
        show_live(connection)


@pytest.fixture(scope="module")
def viewer(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A viewer of Grafana: the role of its data source."""
    with connect(settings, "observatory", autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def seeded(settings: Settings, viewer: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A viewer of two simulated years, whose live windows end on the last day."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, scale=0.1))
    with connect(settings, "ingest", autocommit=True) as connection:
        connection.execute(ONE_FINDING)
    fill(settings)
    write_alerts(settings)
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute("ANALYZE")
    return viewer


@pytest.fixture(scope="module")
def unseeded(settings: Settings, viewer: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A viewer of a database that has received nothing yet; territories are known."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    return viewer
