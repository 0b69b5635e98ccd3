"""Classes shown at one date betray none that is hidden, to an attacker that solves for it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from streams.secrecy.tables import Divided, TableLimits, choose

LIMITS = TableLimits(threshold=11, protection=4, dominance=0.85)


def outsider(counts: list[list[int]]) -> Divided:
    """Counts by class and atom, of two landlords that share each one evenly."""
    x = np.array(counts)
    half = x // 2
    return Divided(np.stack([x, x - half, half]), np.array([True, False, False]))


def rows(*figures: str) -> np.ndarray:
    """Figures over atoms, written as 1100."""
    return np.array([[mark == "1" for mark in figure] for figure in figures])


def chosen(members: np.ndarray, divided: Divided, weights: list[float], **changes: object) -> list[bool]:
    candidates = np.array(changes.get("candidates", [True] * len(members)))
    return choose(members, np.array(weights), divided, candidates, LIMITS).tolist()


def test_a_place_whose_classes_are_all_large_or_empty_shows_them() -> None:
    assert chosen(rows("11", "10", "01"), outsider([[20, 30], [40, 12], [0, 0]]), [3, 2, 2]) == [True] * 3


def test_a_small_class_hides_its_place_and_what_would_give_it_by_difference() -> None:
    members = rows("111", "100", "010", "001")
    assert chosen(members, outsider([[20, 30, 4], [40, 30, 40]]), [9, 3, 2, 1]) == [True, True, False, False]


def test_one_small_place_of_two_hides_both() -> None:
    assert chosen(rows("11", "10", "01"), outsider([[20, 4], [40, 30]]), [9, 2, 2]) == [True, False, False]


def test_overlapping_places_do_not_give_the_strip_between_them() -> None:
    # The second is the first and a strip of three departures.
    assert chosen(rows("100", "110", "111"), outsider([[20, 3, 40], [20, 9, 40]]), [3, 2, 1]) != [True] * 3


def test_a_landlord_that_makes_nearly_all_of_a_class_is_not_shown_beside_another() -> None:
    x = np.array([[40, 40]])
    own = np.array([[38, 20]])
    divided = Divided(np.stack([x, x - own, own]), np.array([True, True, True]))
    assert chosen(rows("11", "10", "01"), divided, [9, 2, 2]) == [True, False, False]


def test_a_landlord_alone_is_shown_if_it_agreed() -> None:
    x = np.array([[40, 40]])
    alone = np.stack([x, x * 0])
    assert chosen(rows("10", "01"), Divided(alone, np.array([True, True])), [1, 1]) == [True, True]
    assert chosen(rows("10", "01"), Divided(alone, np.array([True, False])), [1, 1]) == [False, False]


def test_a_place_that_may_not_be_shown_is_not_given_by_the_others() -> None:
    members = rows("111", "100", "010", "001")
    shown = chosen(members, outsider([[20, 30, 40], [40, 30, 40]]), [9, 3, 2, 1], candidates=[True, False, True, True])
    assert shown == [True, False, True, False]


@st.composite
def lattices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    atoms = draw(st.integers(2, 6))
    figures = draw(st.lists(st.integers(1, 2**atoms - 1), min_size=1, max_size=8, unique=True))
    members = np.array([[bool(figure >> atom & 1) for atom in range(atoms)] for figure in figures])
    classes = draw(st.integers(1, 3))
    counts = draw(
        st.lists(st.lists(st.integers(0, 30), min_size=atoms, max_size=atoms), min_size=classes, max_size=classes)
    )
    return members, np.array(counts)


@settings(max_examples=150, deadline=None)
@given(lattices())
def test_no_linear_programme_finds_a_hidden_small_class(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    members, counts = drawn
    shown = choose(members, np.ones(len(members)), outsider(counts.tolist()), np.ones(len(members), bool), LIMITS)
    classes, atoms = counts.shape
    known, values = [], []
    for figure in np.flatnonzero(shown):
        for c in range(classes):
            row = np.zeros((classes, atoms))
            row[c] = members[figure]
            known.append(row.ravel())
            values.append(members[figure] @ counts[c])
    if classes > 1:
        # An attacker may know every total besides.
        for atom in range(atoms):
            row = np.zeros((classes, atoms))
            row[:, atom] = 1
            known.append(row.ravel())
            values.append(counts[:, atom].sum())
    totals = len(known) - (atoms if classes > 1 else 0)
    for figure in np.flatnonzero(~shown):
        for c in range(classes):
            if 0 < members[figure] @ counts[c] < LIMITS.threshold:
                goal = np.zeros((classes, atoms))
                goal[c] = members[figure]
                before = width(goal, known[totals:], values[totals:])
                assert width(goal, known, values) >= min(LIMITS.protection, before) - 1e-6


def width(goal: np.ndarray, known: list[np.ndarray], values: list[int]) -> float:
    """How far apart an attacker that knows some sums finds the least and the greatest value of another."""
    sums = {"A_eq": np.array(known), "b_eq": values} if known else {}
    low, high = (linprog(sign * goal.ravel(), **sums) for sign in (1, -1))
    return float("inf") if high.status == 3 else -high.fun - low.fun
