"""The engine against an attacker with a linear programme, on lattices small enough to be solved whole."""

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from streams.secrecy.classes import places_shown, whole_shown
from streams.secrecy.lattice import INSIDE, OUTSIDE, UNLOCATED, Cell, Lattice, build_lattice
from streams.secrecy.pattern import Pattern
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import Shown, advance, start

LIMITS = Limits(threshold=11, protection=4, entry=1.2, dominance=0.85, insiders=False)
REGION, EPCI_A, EPCI_B, TOWN, VILLAGE, HAMLET, OLD, NEW, NEXT = range(1, 10)
LEVELS = {
    REGION: "region",
    EPCI_A: "epci",
    EPCI_B: "epci",
    TOWN: "commune",
    VILLAGE: "commune",
    HAMLET: "commune",
    OLD: "qpv_2015",
    NEW: "qpv_2024",
    NEXT: "qpv_2024",
}
FIRST = 12 * 2024


def cell(part: int, commune: int, epci: int, *quartiers: int) -> Cell:
    return Cell(part, False, commune, epci, REGION, tuple(sorted((REGION, epci, commune, *quartiers))))


CELLS = [
    cell(INSIDE, TOWN, EPCI_A, OLD, NEW),
    cell(INSIDE, TOWN, EPCI_A, NEW),
    cell(INSIDE, TOWN, EPCI_A, NEXT),
    cell(OUTSIDE, TOWN, EPCI_A),
    cell(UNLOCATED, TOWN, EPCI_A),
    cell(OUTSIDE, VILLAGE, EPCI_A),
    cell(OUTSIDE, HAMLET, EPCI_B),
    cell(UNLOCATED, HAMLET, EPCI_B),
]


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return build_lattice(CELLS, LEVELS)


def decide(lattice: Lattice, by_cell: np.ndarray, months: int) -> list[tuple[Month, Shown, Pattern]]:
    """Return the decisions on windows that end with the 12th month and the following ones."""
    x = np.zeros((1, lattice.atoms, by_cell.shape[1]), dtype=np.int64)
    np.add.at(x[0], lattice.atom_of, by_cell)
    peopled, consents = np.ones(lattice.figures, dtype=bool), np.ones(1, dtype=bool)
    decided: list[tuple[Month, Shown, Pattern]] = []
    for t in range(MONTHS - 1, MONTHS - 1 + months):
        month = Month(FIRST + t, Counts.of(FIRST, x[:, :, : t + 1]), peopled, consents)
        pattern, shown = advance(lattice, month, LIMITS, decided[-1][2]) if decided else start(lattice, month, LIMITS)
        decided.append((month, shown, pattern))
    return decided


def window_row(lattice: Lattice, figure: int, last: int, window: int, months: int) -> np.ndarray:
    """Return which unknowns (atom, month) a figure sums."""
    row = np.zeros((lattice.atoms, months))
    row[lattice.members[figure], last - window + 1 : last + 1] = 1
    return row.ravel()


def narrow(lattice: Lattice, decided: list[tuple[Month, Shown, Pattern]]) -> list[tuple[int, int, int, float]]:
    """Return each hidden figure that an attacker who knows all that is shown places within less than is protected."""
    months = decided[-1][0].number - FIRST + 1
    rows, values, hidden = [], [], []
    for month, shown, _ in decided:
        for window, figure in product((1, 3, MONTHS), range(lattice.figures)):
            if window != MONTHS and not lattice.short[figure]:
                continue
            row = window_row(lattice, figure, month.number - FIRST, window, months)
            n = int(month.of(lattice, window)[0, figure])
            if shown.shown[window][figure]:
                rows.append(row)
                values.append(n)
            else:
                hidden.append((month.number, window, figure, row))
    found = []
    known = {"A_eq": np.array(rows), "b_eq": np.array(values)} if rows else {}
    for number, window, figure, row in hidden:
        least = linprog(row, **known, bounds=(0, 1000), method="highs").fun
        most = -linprog(-row, **known, bounds=(0, 1000), method="highs").fun
        if most - least < LIMITS.protection - 1e-6:
            found.append((number, window, figure, most - least))
    return found


def test_no_figure_that_is_shown_is_small(lattice: Lattice) -> None:
    by_cell = np.random.default_rng(1).poisson([[6], [1], [0.5], [9], [0.3], [0.4], [3], [0.2]], (8, 12))
    month, shown, _ = decide(lattice, by_cell, 1)[0]
    for window in (1, 3, MONTHS):
        n = month.of(lattice, window)[0, : lattice.figures]
        assert (n[shown.shown[window]] >= LIMITS.threshold).all()
    assert shown.shown[MONTHS].any()


def test_a_small_village_is_hidden_with_another_place_and_the_whole_is_shown(lattice: Lattice) -> None:
    by_cell = np.full((8, 12), 5)
    by_cell[5] = [1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    _, shown, _ = decide(lattice, by_cell, 1)[0]
    by_key = dict(zip(zip(lattice.territory, lattice.parts, strict=True), range(lattice.figures), strict=True))
    year, reason = shown.shown[MONTHS], shown.reason[MONTHS]
    assert not year[by_key[VILLAGE, "all"]]
    assert reason[by_key[VILLAGE, "all"]] == "primary"
    assert year[by_key[REGION, "all"]]
    # Alone of its EPCI with the town: one of the town, the EPCI must be hidden with it.
    assert not year[by_key[TOWN, "all"]] or not year[by_key[EPCI_A, "all"]]


def test_what_is_hidden_once_is_hidden_in_linked_windows(lattice: Lattice) -> None:
    rates = np.array([[6], [2], [1.5], [9], [0.3], [1.2], [3], [0.2]])
    decided = decide(lattice, np.random.default_rng(4).poisson(rates, (8, 20)), 9)
    year = np.array([shown.shown[MONTHS] for _, shown, _ in decided])
    assert not (year[1:] & ~year[:-1]).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_attacker_finds_nothing_in_two_vintages(lattice: Lattice, seed: int) -> None:
    random = np.random.default_rng(seed)
    rates = random.choice([0.0, 0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 20.0], 8)
    assert not narrow(lattice, decide(lattice, random.poisson(rates[:, None], (8, 13)), 2))


def test_one_landlords_place_is_hidden_unless_it_consents(lattice: Lattice) -> None:
    x = np.zeros((2, lattice.atoms, 12), dtype=np.int64)
    x[0] = 5
    x[1] = 3
    x[1, lattice.atom_of[6]] = 0
    everywhere = np.ones(lattice.figures, dtype=bool)
    hamlet = next(i for i in range(lattice.figures) if (lattice.territory[i], lattice.parts[i]) == (HAMLET, "hors_qpv"))
    for consents, expected in ((False, False), (True, True)):
        month = Month(FIRST + 11, Counts.of(FIRST, x), everywhere, np.array([True, consents]))
        _, shown = start(lattice, month, LIMITS)
        assert bool(shown.shown[MONTHS][hamlet]) is expected


def test_a_place_of_few_dwellings_is_hidden_whatever_its_moves(lattice: Lattice) -> None:
    x = np.full((1, lattice.atoms, 12), 9, dtype=np.int64)
    peopled = np.ones(lattice.figures, dtype=bool)
    peopled[0] = False
    _, shown = start(lattice, Month(FIRST + 11, Counts.of(FIRST, x), peopled, np.ones(1, dtype=bool)), LIMITS)
    assert not any(shown.shown[window][0] for window in (1, 3, MONTHS))
    assert shown.reason[MONTHS][0] == "population"


def test_breakdowns_held_back_are_two_places_that_are_enough_together() -> None:
    counts = np.full((4, 1, 3), 20)
    counts[2, 0, 1] = 3
    assert places_shown(counts, 11).tolist() == [True, True, False, False] or places_shown(counts, 11).sum() == 2
    assert not places_shown(counts, 11)[2]
    assert whole_shown(counts, 11)
    assert places_shown(np.full((3, 1, 2), 11), 11).all()


def test_consent_does_not_tell_what_others_have_beside_a_landlord(lattice: Lattice) -> None:
    x = np.zeros((2, lattice.atoms, 12), dtype=np.int64)
    x[0] = 50
    x[1] = 1
    everywhere, consents = np.ones(lattice.figures, dtype=bool), np.ones(2, dtype=bool)
    _, shown = start(lattice, Month(FIRST + 11, Counts.of(FIRST, x), everywhere, consents), LIMITS)
    assert not shown.shown[MONTHS].any()
    assert set(shown.reason[MONTHS]) == {"dominance"}


def month_that_leaves(lattice: Lattice, seed: int, *, told: bool) -> float:
    """Return how open the village's first month is to whoever knows that nobody declared its thirteenth."""
    means = [[9], [6], [6], [12], [1], [8], [9], [6]]
    by_cell = np.random.default_rng(seed).poisson(means, (8, MONTHS + 1))
    village, months = lattice.atom_of[5], MONTHS + 1
    by_cell[5, MONTHS] = 0
    x = np.zeros((1, lattice.atoms, months), dtype=np.int64)
    np.add.at(x[0], lattice.atom_of, by_cell)
    undeclared = np.zeros((lattice.atoms, months), dtype=bool)
    undeclared[village, MONTHS] = True
    peopled, consents = np.ones(lattice.figures, dtype=bool), np.ones(1, dtype=bool)
    first = Month(FIRST + MONTHS - 1, Counts.of(FIRST, x[:, :, :MONTHS]), peopled, consents, undeclared[:, :MONTHS])
    last = Month(FIRST + MONTHS, Counts.of(FIRST, x), peopled, consents, undeclared if told else None)
    pattern, before = start(lattice, first, LIMITS)
    _, after = advance(lattice, last, LIMITS, pattern)
    known = [
        (window_row(lattice, figure, month.number - FIRST, window, months), month.of(lattice, window)[0, figure])
        for month, shown in ((first, before), (last, after))
        for window in (1, 3, MONTHS)
        for figure in np.flatnonzero(shown.shown[window]).tolist()
    ]
    goal = np.zeros((lattice.atoms, months))
    goal[village, 0] = 1
    bounds = [(0, 0 if silent else 1000) for silent in undeclared.ravel()]
    equations = {"A_eq": np.array([row for row, _ in known]), "b_eq": np.array([value for _, value in known])}
    least = linprog(goal.ravel(), **equations, bounds=bounds, method="highs").fun
    return float(-linprog(-goal.ravel(), **equations, bounds=bounds, method="highs").fun - least)


def test_a_month_that_nobody_declared_does_not_tell_the_month_that_leaves() -> None:
    """The difference of two windows is what leaves, where what comes is known to be nought."""
    lattice = build_lattice(CELLS, LEVELS)
    wide = [month_that_leaves(lattice, seed, told=True) for seed in range(4)]
    assert min(wide) >= LIMITS.protection
    assert min(month_that_leaves(lattice, seed, told=False) for seed in range(4)) < LIMITS.protection


def test_a_part_shown_over_twelve_months_only_keeps_its_months() -> None:
    """What a town has in no quartier is a difference, where the town and its quartiers are shown each month."""
    lattice = build_lattice([one for one in CELLS if one.part != UNLOCATED], LEVELS)
    by_cell = np.random.default_rng(0).poisson([[30], [30], [40], [6], [25], [30]], (6, 12))
    month, shown, _ = decide(lattice, by_cell, 1)[0]
    keys = list(zip(lattice.territory, lattice.parts, strict=True))
    town, quartiers, rest = (keys.index((TOWN, part)) for part in ("all", "qpv", "hors_qpv"))
    assert 0 < month.of(lattice, 1)[0, rest] < LIMITS.threshold and shown.shown[MONTHS][rest]
    assert not (shown.shown[1][town] and shown.shown[1][quartiers])


def counts_of_two_landlords(lattice: Lattice, seed: int, months: int) -> Counts:
    """Return counts to all, and to a landlord that lets alone in some places: others have nothing there, it knows."""
    random = np.random.default_rng(seed)
    rates = random.choice([0.1, 0.5, 1.0, 2.0, 4.0, 8.0], (2, lattice.atoms))
    alone = random.random(lattice.atoms) < 0.4
    own, others = random.poisson(rates[:, :, None], (2, lattice.atoms, months))
    others[alone] = 0
    closed = np.zeros((2, lattice.atoms), dtype=bool)
    closed[1, alone] = True
    return Counts.of(FIRST, np.stack([own + others, others]), closed)


def found_by_landlord(lattice: Lattice, counts: Counts, shown: Shown) -> list[tuple[int, float]]:
    """Return the hidden years of which the landlord comes too close to what others have, if no shown year tells it."""
    may = ~counts.closed[1]
    others = counts.sums(FIRST, FIRST + MONTHS - 1)[1]
    members = lattice.members[: lattice.figures] & may
    seen = shown.shown[MONTHS]
    told = {row.tobytes() for row in members[seen]}
    rows = members.astype(float)
    known = {"A_eq": rows[seen], "b_eq": rows[seen] @ others} if seen.any() else {}
    found = []
    for figure in np.flatnonzero(~seen & (rows @ others > 0)):
        if members[figure].tobytes() not in told:
            least = linprog(rows[figure], **known, bounds=(0, 1000), method="highs").fun
            width = -linprog(-rows[figure], **known, bounds=(0, 1000), method="highs").fun - least
            if width < LIMITS.protection - 1e-6:
                found.append((int(figure), width))
    return found


def test_a_landlord_that_knows_where_it_is_alone_finds_nothing_of_others(lattice: Lattice) -> None:
    """Moves of others cannot pass to where it lets alone: a place there is no complement against it."""
    careless = []
    for seed in range(12):
        counts = counts_of_two_landlords(lattice, seed, MONTHS)
        everywhere, consents = np.ones(lattice.figures, dtype=bool), np.array([True, True])
        month = Month(FIRST + MONTHS - 1, counts, everywhere, consents)
        _, shown = start(lattice, month, LIMITS)
        assert not found_by_landlord(lattice, counts, shown)
        _, blind = start(lattice, Month(month.number, Counts.of(FIRST, counts.x), everywhere, consents), LIMITS)
        careless += found_by_landlord(lattice, counts, blind)
    assert careless
