"""The attacker finds what there is to find: each leak that a publication can have, and none where there is none."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.attack.intervals import Aim, Interval, attack
from tests.attack.knowledge import (
    BREAKDOWNS,
    DESTINATIONS,
    Geography,
    Leaf,
    Own,
    Place,
    Rungs,
    month_number,
    toy_figures,
)
from tests.attack.system import build

DEPARTURES = BREAKDOWNS[0]
PROTECTION, THRESHOLD = 5, 11
JANUARY = month_number("2026-01-01")
REGION = Place("region", "76")
IN_A, IN_B = Leaf("A", "Q1", None, "inside"), Leaf("B", "Q2", None, "inside")
OUTSIDE_A, OUTSIDE_B = Leaf("A", None, None, "outside"), Leaf("B", None, None, "outside")
A, B = Place("commune", "A"), Place("commune", "B")
Q1, Q2 = Place("qpv_2024", "Q1"), Place("qpv_2024", "Q2")
OUT_A, OUT_B = Place("commune", "A", "hors_qpv"), Place("commune", "B", "hors_qpv")
TWO_COMMUNES = Geography(
    (IN_A, OUTSIDE_A, IN_B, OUTSIDE_B),
    {code: Rungs("E", "31", "76") for code in ("A", "B")},
)


def leaks(figures: pd.DataFrame, geography: Geography = TWO_COMMUNES, own: Own | None = None) -> dict[str, Interval]:
    """Attack, and return what was found too narrow."""
    result = attack(build(figures, geography, DEPARTURES, own), Aim(PROTECTION))
    return {one.target.name: one for one in result.narrow(PROTECTION, THRESHOLD)}


def month(place: Place, count: int | None, at: int = JANUARY, measure: str = "departures") -> tuple[object, ...]:
    return place, 1, at, measure, count


def year(place: Place, count: int | None, at: int = JANUARY, measure: str = "departures") -> tuple[object, ...]:
    return place, 12, at, measure, count


def figures(*rows: tuple[object, ...], vintage: str = "2026-01-01") -> pd.DataFrame:
    return toy_figures(rows, vintage)  # type: ignore[arg-type]


def the_only(found: dict[str, Interval]) -> tuple[float, float]:
    assert len(found) == 1, found
    (one,) = found.values()
    return one.low, one.high


def test_a_commune_less_its_outside_gives_the_quartier() -> None:
    assert the_only(leaks(figures(month(A, 30), month(OUT_A, 27), month(Q1, None)))) == (3, 3)


def test_a_quartier_held_back_with_the_outside_is_safe() -> None:
    assert not leaks(figures(month(A, 30), month(OUT_A, None), month(Q1, None)))


def test_the_ladder_less_its_other_rungs_gives_a_commune() -> None:
    found = leaks(figures(month(REGION, 40), month(A, 36), month(B, None)))
    assert the_only(found) == (4, 4)


def test_two_communes_held_back_together_that_sum_to_little_are_told() -> None:
    found = leaks(figures(month(REGION, 4), month(A, None), month(B, None)))
    assert {(one.low, one.high) for one in found.values()} == {(0, 4)}


def test_a_zero_that_is_shown_gives_the_neighbour() -> None:
    found = leaks(figures(month(A, 7), month(OUT_A, 0), month(Q1, None)))
    assert the_only(found) == (7, 7)


@pytest.fixture
def overlapping() -> Geography:
    """Two quartiers of 2024 made of one of 2015 and of new land, in one commune."""
    return Geography(
        (
            Leaf("A", "Q1", "P1", "inside"),
            Leaf("A", "Q2", "P1", "inside"),
            Leaf("A", None, None, "outside"),
        ),
        {"A": Rungs("E", "31", "76")},
    )


def test_overlapping_generations_give_the_quartier(overlapping: Geography) -> None:
    found = leaks(
        figures(month(Place("qpv_2015", "P1"), 20), month(Q1, 17), month(Q2, None), month(A, 50)), overlapping
    )
    assert the_only(found) == (3, 3)


def test_an_overlap_shown_in_neither_generation_is_safe(overlapping: Geography) -> None:
    assert not leaks(
        figures(month(Place("qpv_2015", "P1"), 20), month(Q1, None), month(Q2, None), month(A, 50)), overlapping
    )


def test_a_successor_that_only_grew_tells_the_land_that_was_added() -> None:
    """Neither figure is secret: it is their difference that no figure may give."""
    grown = Geography(
        (Leaf("A", "Q1", "P1", "inside"), Leaf("A", "Q1", None, "inside"), Leaf("A", None, None, "outside")),
        {"A": Rungs("E", "31", "76")},
    )
    found = leaks(figures(month(Place("qpv_2015", "P1"), 20), month(Q1, 23), month(A, 50)), grown)
    assert the_only(found) == (3, 3)


def destinations(counts: list[int | None], place: Place = A, at: int = JANUARY) -> list[tuple[object, ...]]:
    return [year(place, count, at, f"left_{one}") for one, count in zip(DESTINATIONS, counts, strict=True)]


def test_a_breakdown_that_leaves_one_class_out_gives_it() -> None:
    rows = destinations([20, 20, 20, 20, 20, 20, None])
    found = leaks(figures(year(A, 123), *rows))
    left = next(one for name, one in found.items() if name.endswith("left_elsewhere"))
    assert (left.low, left.high) == (0, 3)  # the rest of them is unknown


def test_what_all_classes_leave_of_their_total_is_told_when_it_is_little() -> None:
    found = leaks(figures(year(A, 144), *destinations([20, 20, 20, 20, 20, 20, 20])))
    assert the_only({name: one for name, one in found.items() if "reste" in name}) == (4, 4)


def test_two_classes_held_back_with_enough_between_them_are_safe() -> None:
    assert not leaks(figures(year(A, 160), *destinations([30, 30, 30, 30, None, None, 20])))


def test_two_windows_and_the_month_that_leaves_give_the_month_that_comes() -> None:
    rows = [year(A, 60, JANUARY - 1), year(A, 58), month(A, 12, JANUARY - 12), month(A, None)]
    assert the_only({k: v for k, v in leaks(figures(*rows)).items() if "1 mois 2026-01" in k}) == (10, 10)


def test_a_quarter_and_its_two_other_months_give_the_third() -> None:
    rows = [(A, 3, JANUARY, "departures", 33), month(A, 14, JANUARY - 1), month(A, 15, JANUARY - 2), month(A, None)]
    assert the_only(leaks(figures(*rows))) == (4, 4)


def test_a_month_that_only_longer_windows_hold_is_told() -> None:
    """No month is listed; the year before is known to have been empty: its successor is one month's count."""
    found = leaks(figures(year(A, 0, JANUARY - 1), year(A, 3)))
    assert the_only({name: one for name, one in found.items() if "seul mois 2026-01" in name}) == (3, 3)


def test_a_later_vintage_that_shows_what_an_earlier_one_held_back_tells_it() -> None:
    early = figures(month(A, 50), month(OUT_A, None), month(Q1, None), vintage="2026-02-01")
    late = figures(month(A, 51), month(OUT_A, 40), month(Q1, 11), vintage="2026-03-01")
    found = leaks(pd.concat([early, late]))
    # one household more in the whole commune: the quartier had 10 or 11, its outside 39 or 40
    assert {(one.low, one.high) for one in found.values()} == {(10, 11), (39, 40)}


def test_a_later_vintage_in_which_all_may_have_changed_tells_nothing_of_the_earlier() -> None:
    early = figures(month(A, 50), month(OUT_A, None), month(Q1, None), vintage="2026-02-01")
    late = figures(month(A, 90), month(OUT_A, 60), month(Q1, 30), vintage="2026-03-01")
    assert not leaks(pd.concat([early, late]))


def test_a_figure_that_fell_does_not_confuse_the_attacker() -> None:
    early = figures(month(A, 50), month(OUT_A, 40), month(Q1, None), vintage="2026-02-01")
    late = figures(month(A, 48), month(OUT_A, None), month(Q1, None), vintage="2026-03-01")
    found = leaks(pd.concat([early, late]))
    assert {name: (one.low, one.high) for name, one in found.items()} == {
        "2026-02-01 qpv_2024/Q1/all 1 mois 2026-01 departures": (10, 10)
    }


def test_whole_numbers_tell_more_than_fractions() -> None:
    """Each two of three quartiers are shown together, as territories of one's own: halves would hide nothing here."""
    three = Geography(
        tuple(Leaf("A", f"Q{number}", None, "inside") for number in (1, 2, 3)),
        {"A": Rungs("E", "31", "76")},
        {"12": frozenset({"Q1", "Q2"}), "23": frozenset({"Q2", "Q3"}), "13": frozenset({"Q1", "Q3"})},
    )
    rows = [month(Place("own", code), 14) for code in ("12", "23", "13")]
    rows += [month(Place("qpv_2024", f"Q{number}"), None) for number in (1, 2, 3)]
    assert {(one.low, one.high) for one in leaks(figures(*rows), three).values()} == {(7, 7)}


def test_rounded_figures_are_intervals() -> None:
    rounded = figures(month(A, 30), month(OUT_A, 25), month(Q1, 5))
    rounded[["low", "high"]] = rounded[["low", "high"]].to_numpy() + [[-2, 2]] * 3
    intervals = attack(build(rounded, TWO_COMMUNES, DEPARTURES), Aim(PROTECTION)).intervals
    assert {one.target.name.split()[1]: (one.low, one.high) for one in intervals if "Q1" in one.target.name} == {
        "qpv_2024/Q1/all": (3, 7)
    }


def test_rounding_that_is_undone_by_its_neighbours_is_found() -> None:
    """A whole of 0 to 2 leaves nothing of its parts: rounding each figure alone does not hide that."""
    rounded = figures(month(A, 0), month(OUT_A, 0), month(Q1, 0))
    rounded["low"], rounded["high"] = 0.0, 2.0
    assert {(one.low, one.high) for one in leaks(rounded).values()} == {(0, 2)}


def test_a_landlord_takes_its_own_moves_out() -> None:
    """Q1 is all its own; what was held back with it to protect Q2 protects nothing from that landlord."""
    rows = [
        month(Place("qpv_2024", "Q1"), None),
        month(Place("qpv_2024", "Q2"), None),
        month(REGION, 25),
        month(OUT_A, 0),
        month(OUT_B, 0),
    ]
    assert not leaks(figures(*rows))
    own = Own({(IN_A, "departures", JANUARY): 18}, frozenset({IN_A}))
    found = leaks(figures(*rows), own=own)
    assert {name.split()[1]: (one.low, one.high) for name, one in found.items()} == {"qpv_2024/Q2/all": (7, 7)}
