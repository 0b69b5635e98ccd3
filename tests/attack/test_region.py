"""The attacker on publications of the simulated region that are known to be bad, and to be good."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from producers.region import Region, simulate
from schemas.territories import load
from tests.attack.intervals import Aim, attack
from tests.attack.knowledge import BREAKDOWNS, Geography, Place, leaf_of, month_number, public_geography
from tests.attack.region import Counts, count, publish
from tests.attack.system import build

PROTECTION, THRESHOLD = 5, 11
DEPARTURES = BREAKDOWNS[0]
LAST = month_number("2025-12-01")


@pytest.fixture(scope="module")
def geography() -> Geography:
    """The official perimeters."""
    return public_geography(load())


@pytest.fixture(scope="module")
def region() -> Region:
    """Two small years."""
    return simulate(date(2024, 1, 1), date(2026, 1, 1), seed=7, scale=0.05)


@pytest.fixture(scope="module")
def counts(region: Region) -> Counts:
    """Its moves."""
    return count(region)


def test_every_cell_of_the_region_is_a_leaf_of_the_public_geography(region: Region, geography: Geography) -> None:
    cells = {(cell.commune, cell.qpv_2024, cell.qpv_2015) for cell in region.dwellings.cells}
    leaves = {leaf_of(*cell, "inside" if cell[1] else "outside") for cell in cells}
    assert len(leaves) > 200
    assert leaves <= set(geography.leaves)


def test_figures_held_back_one_by_one_are_found_out(counts: Counts, geography: Geography) -> None:
    figures = publish(counts, geography, [LAST], lambda place, n: n == 0 or n >= THRESHOLD, "2026-01-01")
    result = attack(build(figures, geography, DEPARTURES, implied=False), Aim(PROTECTION, at_most=60))
    found = result.narrow(PROTECTION, THRESHOLD)
    truth = publish(counts, geography, [LAST], lambda place, n: True, "2026-01-01")
    true_counts = {
        f"{one.vintage} {one.level}/{one.code}/{one.part} {one.window} mois 2025-12 {one.measure}": one.low
        for one in truth.itertuples()
    }
    assert len(found) > 20
    assert any(one.low == one.high for one in found)
    for one in found:
        assert one.low <= true_counts[one.target.name] <= one.high


def test_a_publication_of_the_departements_alone_tells_nothing(counts: Counts, geography: Geography) -> None:
    def shown(place: Place, n: int) -> bool:
        return place.level in ("region", "departement") and place.part == "all" and n >= 50

    figures = pd.concat(
        publish(counts, geography, [month], shown, f"2025-{month - LAST + 12:02}-01") for month in (LAST - 1, LAST)
    )
    figures = figures[(figures["window"] == 12) & figures["level"].isin(("region", "departement", "qpv_2024"))]
    result = attack(build(figures, geography, DEPARTURES), Aim(PROTECTION))
    assert len(result.intervals) > 100
    assert not result.narrow(PROTECTION, THRESHOLD)
    assert all(one.decided for one in result.intervals)
