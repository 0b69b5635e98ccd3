"""The observatory's staff as attacker: what its views hold back at threshold 5 cannot be had from the rest of them."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from streams.counters.windows import start_windows
from tests.attack.intervals import Aim, attack
from tests.attack.knowledge import BEYOND, Breakdown, Geography, leaf_of, live_figures, public_geography
from tests.attack.system import build
from tests.conftest import empty
from tests.dashboards.conftest import ingest

pytestmark = pytest.mark.services
THRESHOLD = PROTECTION = 5
START, END = date(2024, 1, 1), date(2026, 1, 1)


@pytest.fixture(scope="module")
def region(settings: Settings) -> Settings:
    """Two small years in the ledger and in live windows."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, scale=0.05))
    return settings


@pytest.fixture(scope="module")
def geography(region: Settings) -> Geography:
    """The official perimeters, and where landlords declare quartiers only."""
    with connect(region, "ingest") as connection:
        return public_geography(load(), [code for (code,) in connection.execute(BEYOND).fetchall()])


@pytest.fixture
def staff(region: Settings) -> psycopg.Connection[Any]:
    """Whoever may send any SQL as a viewer of Grafana."""
    with connect(region, "observatory", autocommit=True) as connection:
        yield connection


def test_every_cell_of_the_ledger_is_a_leaf(region: Settings, geography: Geography) -> None:
    with connect(region, "ingest") as connection:
        cells = connection.execute("SELECT commune, qpv_2024, qpv_2015, qpv_status FROM core.cell").fetchall()
    assert {leaf_of(*cell) for cell in cells} <= set(geography.leaves)


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_live_windows_hold_their_secrets(staff: psycopg.Connection[Any], geography: Geography, measure: str) -> None:
    figures = live_figures(staff)
    assert {"secret", "provisional"} <= set(figures["status"])
    assert {"region", "qpv_2024"} <= set(figures["level"])
    result = attack(build(figures, geography, Breakdown(measure), implied=False), Aim(PROTECTION))
    assert len(result.intervals) > 20
    assert all(one.decided for one in result.intervals)
    assert not result.narrow(PROTECTION, THRESHOLD)
