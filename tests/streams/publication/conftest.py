"""A small simulated region, taken in and measured: what vintages and staff's figures are made from."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from streams.counters.windows import start_windows
from streams.measures.refresh import recount
from tests.conftest import empty
from tests.dashboards.conftest import ingest

START, END = date(2024, 1, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def region(settings: Settings) -> Settings:
    """Two years of three départements; nothing is published, nothing shown."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, departements=("32", "65", "82")))
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)
    return settings


@pytest.fixture
def publisher(region: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Who makes vintages: the worker's role."""
    with connect(region, "ingest", autocommit=True) as connection:
        yield connection
