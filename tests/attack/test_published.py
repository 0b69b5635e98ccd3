"""The published layer attacked: all that `public_reader` reads, every vintage at once, and one landlord's own moves.

The region is small here; `python -m benchmarks.attack` does the same on the whole one over 24 vintages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from producers.region import simulate
from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import load_rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.measures.refresh import recount
from streams.publication.base import first_day
from streams.publication.publish import publish
from tests.attack.intervals import Aim, Result, attack
from tests.attack.knowledge import (
    BEYOND,
    Breakdown,
    Geography,
    Own,
    month_number,
    own_moves,
    protection_of,
    public_geography,
    published_figures,
)
from tests.attack.system import build
from tests.conftest import empty
from tests.dashboards.conftest import ingest

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]
START, END = date(2024, 1, 1), date(2026, 1, 1)
FIRST, VINTAGES = month_number("2025-01-01"), 3


@pytest.fixture(scope="module")
def published(settings: Settings) -> Settings:
    """Two small years of which some months are published."""
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as connection:
        start_windows(connection, END)
    ingest(settings, simulate(START, END, seed=7, scale=0.05))
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)
        for month in range(FIRST, FIRST + VINTAGES):
            publish(connection, load_rules(), first_day(month))
    return settings


@pytest.fixture(scope="module")
def geography(published: Settings) -> Geography:
    """The official perimeters, and where landlords declare quartiers only."""
    with connect(published, "ingest") as connection:
        return public_geography(load(), [code for (code,) in connection.execute(BEYOND).fetchall()])


@pytest.fixture
def public(published: Settings) -> Iterator[psycopg.Connection[Any]]:
    """Whoever may send any SQL to the public Grafana."""
    with connect(published, "public_reader", autocommit=True) as connection:
        yield connection


def assert_holds(result: Result, protection: int, threshold: int) -> None:
    assert len(result.intervals) > 1000
    assert not result.contradicted
    assert all(one.decided for one in result.intervals)
    leaks = [(one.target.name, one.low, one.high) for one in result.narrow(protection, threshold)]
    assert not leaks, f"{len(leaks)}: {leaks[:10]}"


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_no_outsider_finds_what_vintages_hold_back(
    public: psycopg.Connection[Any], geography: Geography, measure: str
) -> None:
    figures = published_figures(public)
    assert {"value", "secret"} <= set(figures["status"])
    assert figures["vintage"].nunique() == VINTAGES
    protection, threshold = protection_of(public)
    assert protection >= 4 and threshold >= 11
    system = build(figures, geography, Breakdown(measure), implied=measure == "departures")
    assert_holds(attack(system, Aim(protection)), protection, threshold)


def test_no_landlord_finds_what_others_have(
    public: psycopg.Connection[Any], geography: Geography, published: Settings
) -> None:
    figures = published_figures(public)
    protection, threshold = protection_of(public)
    with connect(published, "ingest") as connection:
        landlords = connection.execute(
            "SELECT landlord FROM core.cell_month GROUP BY 1 ORDER BY sum(departures) DESC LIMIT 1"
        ).fetchall()
        known = [own_moves(connection, landlord) for (landlord,) in landlords]
    for own in known:
        assert isinstance(own, Own) and own.moves and own.alone
        result = attack(build(figures, geography, Breakdown("departures"), own, implied=False), Aim(protection))
        assert_holds(result, protection, threshold)
