"""Three whole départements for all attacks on the database: taken in once, shown to staff, and published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import pandas as pd
import psycopg
import pytest

from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import Rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.measures.refresh import recount
from streams.publication.publish import publish
from streams.publication.staff import show
from tests.attack.knowledge import BEYOND, Geography, base_of, public_geography, published_figures
from tests.conftest import empty
from tests.dashboards.conftest import ingest

START, END = date(2024, 1, 1), date(2026, 3, 1)
DEPARTEMENTS = ("32", "65", "82")
NOVEMBER, DECEMBER, JANUARY = date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)
SUPPRESSED = Rules.model_validate({"dominance": {"seul_reconnaissable": True}})
ROUNDED = Rules.model_validate({"publication": {"mode": "arrondi"}, "dominance": {"seul_reconnaissable": True}})


class Rounded(NamedTuple):
    """What vintages of the other mode publish, and to which base."""

    figures: pd.DataFrame
    base: int


@pytest.fixture(scope="module")
def region(settings: Settings) -> Settings:
    """Two small years, measured and shown to staff; nothing is published."""
    empty(settings)
    with connect(settings, "migrator") as connection:
        # Places that other tests left change which complements are chosen, and so what there is to attack.
        connection.execute("DELETE FROM core.cell_territory")
        connection.execute("DELETE FROM core.cell")
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, departements=DEPARTEMENTS))
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)
        show(connection)
    return settings


@pytest.fixture(scope="module")
def rounded(region: Settings) -> Rounded:
    """Two vintages of the mode that rounds, as whoever makes them reads them before taking them back."""
    with connect(region, "ingest", autocommit=True) as connection, connection.transaction(force_rollback=True):
        for month in (NOVEMBER, DECEMBER):
            publish(connection, ROUNDED, month)
        return Rounded(published_figures(connection), base_of(connection))


@pytest.fixture(scope="module")
def published(region: Settings, rounded: Rounded) -> Settings:
    """Two vintages for good, the second of a December. After `rounded`: vintages follow one another."""
    with connect(region, "ingest", autocommit=True) as connection:
        for month in (NOVEMBER, DECEMBER):
            publish(connection, SUPPRESSED, month)
    return region


@pytest.fixture(scope="module")
def geography(region: Settings) -> Geography:
    """The official perimeters, and where landlords declare quartiers only."""
    with connect(region, "ingest") as connection:
        return public_geography(load(), [code for (code,) in connection.execute(BEYOND).fetchall()])


@pytest.fixture
def public(published: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Whoever may send any SQL to the public Grafana."""
    with connect(published, "public_reader", autocommit=True) as connection:
        yield connection


@pytest.fixture
def staff(region: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Whoever may send any SQL as a viewer of Grafana."""
    with connect(region, "observatory", autocommit=True) as connection:
        yield connection
