"""The published layer attacked: all that `public_reader` reads, every vintage at once, and one landlord's own moves.

Three départements and two vintages here; `python -m benchmarks.attack` does the same on the whole region over 24.
"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import Rules, load_rules
from streams.publication.publish import PublicationError, publish
from tests.attack.conftest import JANUARY, ROUNDED, Rounded
from tests.attack.intervals import Aim, Interval, Result, attack
from tests.attack.knowledge import (
    BREAKDOWNS,
    Breakdown,
    Geography,
    Own,
    own_moves,
    protection_of,
    published_figures,
)
from tests.attack.system import build

# One way to divide a total at a time: two of them on one total always fit together, so that both at once tell no more.
DIVIDED = (
    *(Breakdown(one.total, (classes,)) for one in BREAKDOWNS[:2] for classes in one.partitions),
    BREAKDOWNS[4],
)
pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]
Public = psycopg.Connection[tuple[Any, ...]]


def finds(result: Result, protection: int, threshold: int) -> list[Interval]:
    """Return what was found out. A class that is known to have no move is none: all of it is nought or enough."""
    assert not result.contradicted
    assert all(one.decided for one in result.intervals)
    return [
        one
        for one in result.narrow(protection, threshold)
        if one.high >= 1 or one.target.name.split()[-1] in {"departures", "arrivals"}
    ]


@pytest.fixture(scope="module")
def owners(published: Settings, geography: Geography) -> list[Own]:
    """What each of the two largest landlords knows."""
    with connect(published, "ingest") as connection:
        found = connection.execute(
            "SELECT landlord FROM core.cell_month GROUP BY 1 ORDER BY sum(departures) DESC LIMIT 2"
        ).fetchall()
        return [own_moves(connection, landlord, geography) for (landlord,) in found]


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_no_outsider_finds_what_vintages_hold_back(public: Public, geography: Geography, measure: str) -> None:
    figures = published_figures(public)
    mine = figures[figures["measure"] == measure]
    assert figures["vintage"].nunique() == 2
    assert (mine["status"] == "value").sum() > 100 and (mine["status"] == "secret").sum() > 100
    protection, threshold = protection_of(public)
    assert protection >= 4 and threshold >= 11
    result = attack(build(figures, geography, Breakdown(measure)), Aim(protection))
    assert len(result.intervals) > 500
    assert not finds(result, protection, threshold)


@pytest.mark.parametrize("breakdown", DIVIDED, ids=lambda one: f"{one.total}-{len(one.measures)}")
def test_no_outsider_finds_a_class_in_a_december(public: Public, geography: Geography, breakdown: Breakdown) -> None:
    """Nor what classes leave of their total, nor the total without one of them."""
    figures = published_figures(public)
    shown = figures[figures["measure"].isin(breakdown.measures) & figures["low"].notna()]
    assert set(shown["measure"]) == set(breakdown.measures)
    protection, threshold = protection_of(public)
    result = attack(build(figures, geography, breakdown, implied=False), Aim(protection))
    assert len(result.intervals) > 30
    assert not finds(result, protection, threshold)


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_no_landlord_finds_what_others_have(
    public: Public, geography: Geography, owners: list[Own], measure: str
) -> None:
    figures = published_figures(public)
    protection, threshold = protection_of(public)
    for own in owners:
        assert own.moves and own.alone
        result = attack(build(figures, geography, Breakdown(measure), own, implied=False), Aim(protection))
        assert len(result.intervals) > 100
        assert not finds(result, protection, threshold)


@pytest.mark.parametrize("breakdown", DIVIDED, ids=lambda one: f"{one.total}-{len(one.measures)}")
def test_no_landlord_finds_a_class_of_others_in_a_december(
    public: Public, geography: Geography, owners: list[Own], breakdown: Breakdown
) -> None:
    """That others have none of a class is no find: what is shown of a class is nought or enough."""
    figures = published_figures(public)
    protection, threshold = protection_of(public)
    for own in owners:
        system = build(figures, geography, breakdown, own, implied=False)
        result = attack(system, Aim(protection))
        assert len(result.intervals) > 30
        found = finds(result, protection, threshold)
        assert not [one for one in found if one.high - system.known(one.target) >= 1]


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_rounded_vintages_leave_each_count_open(rounded: Rounded, geography: Geography, measure: str) -> None:
    """Every figure, shown or not: differences of windows, of places and of vintages undo no rounding."""
    mine = rounded.figures[rounded.figures["measure"] == measure]
    assert rounded.base == 5
    assert (mine["low"].dropna() % 5 == 0).all() and (mine["low"] == 0).any()
    system = build(rounded.figures, geography, Breakdown(measure), implied=False, base=rounded.base)
    result = attack(system, Aim(rounded.base - 1))
    assert not result.contradicted and len(result.intervals) > 200
    assert all(one.decided and one.width >= rounded.base - 1 for one in result.intervals)


def test_vintages_keep_one_mode(published: Settings) -> None:
    """What was held back would be told within 5 by rounded counts of the windows that overlap it."""
    assert load_rules().publication.mode == Rules().publication.mode == "suppression"
    with (
        connect(published, "ingest", autocommit=True) as connection,
        pytest.raises(PublicationError, match="mode"),
    ):
        publish(connection, ROUNDED, JANUARY)
