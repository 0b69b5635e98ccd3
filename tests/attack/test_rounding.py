"""The attacker on rounded counts knows what rounding leaves of them, no less and no more."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.publication.rounding import rounded
from tests.attack.intervals import Aim, attack
from tests.attack.knowledge import BREAKDOWNS, Geography, Leaf, Place, Rungs, month_number, toy_figures
from tests.attack.system import build

BASE, MOST = 5, 14
JANUARY = month_number("2026-01-01")
TOWN = Geography((Leaf("A", None, None, "outside"),), {"A": Rungs("E", "31", "76")})
PAIR = Geography(
    (Leaf("A", None, None, "outside"), Leaf("B", None, None, "outside")),
    {code: Rungs("E", "31", "76") for code in ("A", "B")},
)
A, B, BOTH = Place("commune", "A"), Place("commune", "B"), Place("epci", "E")


def intervals(figures: pd.DataFrame, geography: Geography) -> dict[str, tuple[float, float]]:
    """Return what each figure lies between, by `place window month`."""
    system = build(figures, geography, BREAKDOWNS[0], implied=False, base=BASE)
    result = attack(system, Aim(1000))
    assert not result.contradicted
    return {" ".join(one.target.name.split()[1:5]): (one.low, one.high) for one in result.intervals}


def told(series: list[int], phase: int) -> pd.DataFrame:
    """Return every window of 1, 3 and 12 months of a place, rounded as the publisher rounds."""
    months = rounded(np.array([series]), np.array([phase]), BASE)[0]
    rows = [
        (A, window, JANUARY + last, "departures", int(months[last - window + 1 : last + 1].sum()))
        for window in (1, 3)
        for last in range(window - 1, len(series))
    ]
    return toy_figures(rows)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.integers(0, BASE - 1))
def test_of_one_piece_of_land_the_interval_is_that_of_all_worlds(series: list[int], phase: int) -> None:
    worlds = np.array(list(product(range(MOST + 1), repeat=3)))
    shown = rounded(np.array([series]), np.array([phase]), BASE)[0]
    agree = [worlds[(rounded(worlds, np.full(len(worlds), one), BASE) == shown).all(axis=1)] for one in range(BASE)]
    possible = np.concatenate(agree)
    assert possible.max() < MOST or max(shown) > 5
    found = intervals(told(series, phase), TOWN)
    assert len(found) == 4
    for month in range(3):
        expected = possible[:, month].min(), min(possible[:, month].max(), MOST)
        low, high = found[f"commune/A/all 1 mois 2026-{month + 1:02}"]
        assert (low, min(high, MOST)) == expected
    assert found["commune/A/all 3 mois 2026-03"] == (possible.sum(axis=1).min(), possible.sum(axis=1).max())


def test_a_place_of_several_pieces_is_as_far_off_as_all_of_them() -> None:
    """Told 10 for both together, and nothing of either: each may be 4 off."""
    assert intervals(toy_figures([(BOTH, 1, JANUARY, "departures", 10)]), TOWN) == {
        "epci/E/all 1 mois 2026-01": (6, 14)
    }
    found = intervals(toy_figures([(BOTH, 1, JANUARY, "departures", 10), (A, 1, JANUARY, "departures", 0)]), PAIR)
    assert found == {"epci/E/all 1 mois 2026-01": (6, 18), "commune/A/all 1 mois 2026-01": (0, 4)}


def test_windows_that_follow_one_another_share_what_they_are_off() -> None:
    """Twelve months told as 0 one by one hold 4 households at most, not 48."""
    year = [(A, 1, JANUARY + month, "departures", 0) for month in range(12)]
    found = intervals(toy_figures([*year, (A, 12, JANUARY + 11, "departures", 0)]), TOWN)
    assert found["commune/A/all 12 mois 2026-12"] == (0, 4)
    assert found["commune/A/all 1 mois 2026-06"] == (0, 4)


def test_figures_rounded_one_by_one_contradict_sums_of_rounded_pieces() -> None:
    """The attacker believes what the publisher says of its method: these cannot come from it."""
    rows = [(BOTH, 1, JANUARY, "departures", 30), (A, 1, JANUARY, "departures", 0), (B, 1, JANUARY, "departures", 0)]
    assert attack(build(toy_figures(rows), PAIR, BREAKDOWNS[0], implied=False, base=BASE), Aim(4)).contradicted
