"""The attack itself: the least and the greatest value that each secret count can have, by linear programmes (HiGHS).

A whole-number solution of the system is a state of the world that nobody can exclude: two of them that give a target
values as far apart as its protection prove it safe, for all targets at once. Only what such solutions do not reach is
minimised and maximised one by one, over the whole numbers where the fractions would hide a find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from tests.attack.system import System, Target

Floats = NDArray[np.float64]
NEAR = 1e-6
FAR = 10.0**6
"""No count is greater: an interval without end is one this wide."""
PATIENCE = 20.0
"""Seconds for one search over whole numbers."""


class ContradictionError(ValueError):
    """No world agrees with the figures: they, or what is believed of them, are wrong."""


class Interval(NamedTuple):
    """What a target lies between, as far as it was looked for: it may be wider where that is `protection` already."""

    target: Target
    low: float
    high: float
    decided: bool

    @property
    def width(self) -> float:
        """How many steps from the least whole number to the greatest."""
        return self.high - self.low


@dataclass
class Result:
    """What an attack found, and what it took."""

    intervals: list[Interval]
    programmes: int = 0
    components: int = 0
    unknowns: int = 0
    contradicted: int = 0
    """Components in which what was believed of revisions had to be given up."""
    notes: list[str] = field(default_factory=list)

    def narrow(self, protection: float, threshold: int) -> list[Interval]:
        """Return the leaks: secret figures known within less than `protection`.

        Of a count that no figure names, only one that is told to be small: some household, and below the threshold.
        """
        return [
            one
            for one in self.intervals
            if one.decided and one.width < protection and (one.target.listed or (one.high >= 1 and one.low < threshold))
        ]


@dataclass
class _Matrices:
    rows: sparse.csr_matrix
    low: Floats
    high: Floats
    targets: sparse.csr_matrix
    least: Floats
    greatest: Floats


class Aim(NamedTuple):
    """How an attack is made.

    `protection`: how far apart, in whole steps, the least and the greatest value of a target must be; a target seen
    this wide is not looked at further. `rounds`: worlds drawn at random (with `seed`) in each component before
    targets are taken one by one, the narrowest first and no more than `at_most` of a component.
    """

    protection: float
    seed: int = 1
    rounds: int = 40
    at_most: int = 10**9


def attack(system: System, aim: Aim) -> Result:
    """Return the interval of every target.

    Raises ContradictionError where no world agrees with the figures even if some are wrong by revisions.
    """
    whole = _matrices(system)
    result = Result([], unknowns=len(system.columns))
    _propagate(whole)
    fixed = whole.greatest - whole.least < NEAR
    constant = whole.targets @ np.where(fixed, whole.least, 0.0)
    low, high = constant.copy(), constant.copy()
    decided = np.ones(len(system.targets), dtype=bool)
    numbers, component = _components(whole.rows, fixed)
    targets = whole.targets.tocsc()
    order = np.argsort(component, kind="stable")
    starts = np.searchsorted(component[order], np.arange(numbers + 1))
    rows_of = _rows_by_component(whole.rows, component, fixed)
    for number in range(numbers):
        columns = order[starts[number] : starts[number + 1]]
        part = targets[:, columns].tocsr()
        asked = np.flatnonzero(np.diff(part.indptr))
        if not asked.size:
            continue
        if number not in rows_of:  # nothing that is shown holds these
            low[asked] += part[asked].minimum(0) @ np.minimum(whole.greatest, FAR)[columns]
            low[asked] += part[asked].maximum(0) @ whole.least[columns]
            high[asked] += part[asked].maximum(0) @ np.minimum(whole.greatest, FAR)[columns]
            high[asked] += part[asked].minimum(0) @ whole.least[columns]
            continue
        result.components += 1
        piece = _Piece(whole, columns, rows_of[number], fixed)
        outer = abs(part[asked]) @ (np.minimum(whole.greatest, FAR) - whole.least)[columns]
        found = piece.ranges(part[asked], aim._replace(seed=aim.seed + number), outer)
        result.programmes += piece.programmes
        result.contradicted += piece.contradicted
        low[asked] += found.low
        high[asked] += found.high
        decided[asked] &= found.decided
    result.intervals = [
        Interval(target, *_whole(low[i], high[i]), bool(decided[i])) for i, target in enumerate(system.targets)
    ]
    return result


def _whole(low: float, high: float) -> tuple[float, float]:
    return math.ceil(low - 1e-4), math.floor(high + 1e-4)


def _matrix(entries: list[tuple[tuple[int, ...], tuple[int, ...]]], width: int) -> sparse.csr_matrix:
    lengths = [len(plus) + len(minus) for plus, minus in entries]
    indices = np.fromiter((i for plus, minus in entries for i in (*plus, *minus)), dtype=np.int64, count=sum(lengths))
    data = np.fromiter(
        (sign for plus, minus in entries for sign in (*(1.0,) * len(plus), *(-1.0,) * len(minus))),
        dtype=np.float64,
        count=sum(lengths),
    )
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return sparse.csr_matrix((data, indices, indptr), shape=(len(entries), width))


def _matrices(system: System) -> _Matrices:
    width = len(system.columns)
    entries = [(row.columns, ()) for row in system.rows] + [(plus, minus) for plus, minus, _, _ in system.differences]
    low = [row.low for row in system.rows] + [low for _, _, low, _ in system.differences]
    high = [row.high for row in system.rows] + [high for _, _, _, high in system.differences]
    return _Matrices(
        _matrix(entries, width),
        np.array(low, dtype=np.float64),
        np.array(high, dtype=np.float64),
        _matrix([(target.columns, target.minus) for target in system.targets], width),
        np.array(system.least, dtype=np.float64),
        np.array(system.greatest, dtype=np.float64),
    )


def _propagate(whole: _Matrices, passes: int = 12) -> None:
    """Tighten each column's bounds by each of its rows: what is zero or told by one row alone leaves the system."""
    rows = whole.rows.tocoo()
    positive = rows.data > 0
    for _ in range(passes):
        least, greatest = whole.least, np.minimum(whole.greatest, FAR)
        at_least = np.where(positive, least[rows.col], -greatest[rows.col])
        at_most = np.where(positive, greatest[rows.col], -least[rows.col])
        count = whole.rows.shape[0]
        sum_least = np.bincount(rows.row, at_least, count)
        sum_most = np.bincount(rows.row, at_most, count)
        upper = whole.high[rows.row] - (sum_least[rows.row] - at_least)
        lower = whole.low[rows.row] - (sum_most[rows.row] - at_most)
        new_greatest, new_least = greatest.copy(), least.copy()
        np.minimum.at(new_greatest, rows.col[positive], upper[positive])
        np.maximum.at(new_least, rows.col[positive], lower[positive])
        np.maximum.at(new_least, rows.col[~positive], -upper[~positive])
        np.minimum.at(new_greatest, rows.col[~positive], -lower[~positive])
        if (new_least > new_greatest + NEAR).any():
            return  # figures contradict one another: the component is looked at without this
        settled = np.array_equal(new_least, least) and np.array_equal(new_greatest, greatest)
        whole.least, whole.greatest = np.maximum(new_least, least), new_greatest
        if settled:
            return


def _components(rows: sparse.csr_matrix, fixed: NDArray[np.bool_]) -> tuple[int, NDArray[np.int64]]:
    """Number the components of the columns that are not fixed; fixed ones get numbers of their own."""
    free = rows @ sparse.diags((~fixed).astype(np.float64))
    free.eliminate_zeros()
    height, width = free.shape
    pattern = abs(free)
    graph = sparse.bmat([[None, pattern], [pattern.T, None]], format="csr")
    _, labels = connected_components(graph, directed=False)
    mine = labels[height : height + width]
    mine = np.where(fixed, -1, mine)
    kinds, numbered = np.unique(mine, return_inverse=True)
    offset = int(kinds[0] == -1)
    return len(kinds) - offset, (numbered - offset).astype(np.int64)


def _rows_by_component(
    rows: sparse.csr_matrix, component: NDArray[np.int64], fixed: NDArray[np.bool_]
) -> dict[int, NDArray[np.int64]]:
    coo = rows.tocoo()
    free = ~fixed[coo.col]
    pairs = np.unique(np.stack([component[coo.col[free]], coo.row[free].astype(np.int64)]), axis=1)
    found: dict[int, NDArray[np.int64]] = {}
    for start, stop in _runs(pairs[0]):
        found[int(pairs[0][start])] = pairs[1][start:stop]
    return found


def _runs(sorted_values: NDArray[np.int64]) -> list[tuple[int, int]]:
    if not sorted_values.size:
        return []
    cuts = np.flatnonzero(np.diff(sorted_values)) + 1
    edges = [0, *cuts.tolist(), len(sorted_values)]
    return list(pairwise(edges))


class _Ranges(NamedTuple):
    low: Floats
    high: Floats
    decided: NDArray[np.bool_]


class _Seen:
    """The values that targets took in the worlds found so far."""

    def __init__(self, targets: sparse.csr_matrix, protection: float, count: int) -> None:
        self.targets, self.protection = targets, protection
        self.low, self.high = np.full(count, np.inf), np.full(count, -np.inf)
        self.least, self.greatest = self.low.copy(), self.high.copy()  # in worlds with fractions too

    def take(self, world: Floats | None) -> None:
        """Take a world for what it proves."""
        if world is None:
            return
        if np.abs(world - np.round(world)).max() < NEAR * 10:
            world = np.round(world)
            values = self.targets @ world
            np.minimum(self.low, values, out=self.low)
            np.maximum(self.high, values, out=self.high)
        else:
            values = self.targets @ world
        np.minimum(self.least, values, out=self.least)
        np.maximum(self.greatest, values, out=self.greatest)

    def open(self) -> NDArray[np.bool_]:
        """Return which targets are not yet seen to be wide: fractions must leave a whole step at either end."""
        whole = self.high - self.low < self.protection - NEAR
        return whole & ~self._wide()

    def ends(self) -> tuple[Floats, Floats]:
        """Return the least and the greatest value seen, a whole step within the fractions where these are wide."""
        wide = self._wide()
        low = np.where(wide, np.minimum(self.low, np.floor(self.least) + 1), self.low)
        high = np.where(wide, np.maximum(self.high, np.ceil(self.greatest) - 1), self.high)
        return low, high

    def _wide(self) -> NDArray[np.bool_]:
        return np.asarray(self.greatest - self.least >= self.protection + 2 - NEAR)


class _Piece:
    """One component as a HiGHS model."""

    def __init__(
        self, whole: _Matrices, columns: NDArray[np.int64], rows: NDArray[np.int64], fixed: NDArray[np.bool_]
    ) -> None:
        self.programmes = 0
        self.contradicted = 0
        self.width = len(columns)
        self.solver = highspy.Highs()
        self.solver.silent()
        self.solver.setOptionValue("threads", 1)
        taken = whole.rows[rows]
        settled = taken @ np.where(fixed, whole.least, 0.0)
        self.matrix = taken[:, columns].tocsc()
        self.low, self.high = whole.low[rows] - settled, whole.high[rows] - settled
        self.model = _model(self.matrix, self.low, self.high, whole.least[columns], whole.greatest[columns])
        self.solver.passModel(self.model)

    def ranges(self, targets: sparse.csr_matrix, aim: Aim, outer: Floats) -> _Ranges:
        """Return what each target lies between in this component. `outer`: how wide its columns' bounds let it be."""
        self._agree()
        count = targets.shape[0]
        seen = _Seen(targets, aim.protection, count)
        rng = np.random.default_rng(aim.seed)
        idle = 0
        for _ in range(aim.rounds):
            before = np.flatnonzero(seen.open())
            if not before.size or idle >= 4:
                break
            weights = np.zeros(count)
            chosen = rng.choice(before, size=max(1, len(before) // 2), replace=False)
            weights[chosen] = rng.choice([-1.0, 1.0], size=chosen.size)
            for sign in (1.0, -1.0):
                seen.take(self._solve(sign * (targets.T @ weights)))
            idle = idle + 1 if np.count_nonzero(seen.open()) == before.size else 0
        left = np.flatnonzero(seen.open())
        left = left[np.argsort(outer[left], kind="stable")]
        decided = np.ones(count, dtype=bool)
        for place, one in enumerate(left.tolist()):
            if not seen.open()[one]:
                continue
            decided[one] = place < aim.at_most and self._settle(one, seen)
        return _Ranges(*seen.ends(), decided)

    def _settle(self, one: int, seen: _Seen) -> bool:
        """Find the least and the greatest value of one target: by fractions, then by whole numbers where they differ.

        Return whether they were found: too long a search over whole numbers leaves it undecided.
        """
        goal = np.asarray(seen.targets[one].todense()).ravel()
        ends = [self._solve(sign * goal) for sign in (1.0, -1.0)]
        for world in ends:
            seen.take(world)
        least, greatest = _whole(*(float(goal @ world) for world in ends if world is not None))
        if greatest - least < seen.protection:
            seen.low[one], seen.high[one] = least, greatest
            return True
        if not seen.open()[one]:
            return True
        found = [self._solve(sign * goal, whole=True) for sign in (1.0, -1.0)]
        for world in found:
            seen.take(world)
        if any(world is None for world in found):
            return False
        seen.low[one], seen.high[one] = (round(float(goal @ world)) for world in found if world is not None)
        return True

    def _solve(self, goal: Floats, whole: bool = False) -> Floats | None:
        """Return the world that makes `goal` least; over whole numbers if asked for, None if that takes too long."""
        self.programmes += 1
        everything = np.arange(self.width, dtype=np.int32)
        self.solver.changeColsCost(self.width, everything, goal)
        if whole:
            self._count_whole(everything, highspy.HighsVarType.kInteger)
        self.solver.run()
        status = self.solver.getModelStatus()
        world = np.array(self.solver.getSolution().col_value)
        if whole:
            self._count_whole(everything, highspy.HighsVarType.kContinuous)
            if status == highspy.HighsModelStatus.kTimeLimit:
                return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise ContradictionError(f"no world agrees with the figures: {status}")
        return world[: self.width]

    def _count_whole(self, columns: NDArray[np.int32], kind: highspy.HighsVarType) -> None:
        self.solver.changeColsIntegrality(len(columns), columns, np.full(len(columns), int(kind), dtype=np.uint8))
        limit = PATIENCE if kind == highspy.HighsVarType.kInteger else highspy.kHighsInf
        self.solver.setOptionValue("time_limit", limit + self.solver.getRunTime())

    def _agree(self) -> None:
        """Where no world agrees with all figures, let some be wrong, by as little as possible: by revisions."""
        self.solver.run()
        self.programmes += 1
        if self.solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return
        self.contradicted = 1
        height, width = self.model.num_row_, self.width
        slack = sparse.hstack([self.matrix, sparse.identity(height), -sparse.identity(height)], format="csc")
        low, high = self.low, self.high
        least = np.concatenate([self.model.col_lower_, np.zeros(2 * height)])
        greatest = np.concatenate([self.model.col_upper_, np.full(2 * height, FAR)])
        cost = np.concatenate([np.zeros(width), np.ones(2 * height)])
        model = _model(slack, low, high, least, greatest)
        model.col_cost_ = cost
        self.solver.passModel(model)
        self.solver.run()
        self.programmes += 1
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise ContradictionError("no world agrees with the figures, whatever was revised")
        wrong = self.solver.getInfo().objective_function_value
        revised = np.arange(width, width + 2 * height, dtype=np.int32)
        self.solver.addRow(0.0, wrong + NEAR, 2 * height, revised, np.ones(2 * height))
        self.solver.changeColsCost(2 * height, revised, np.zeros(2 * height))


def _model(matrix: sparse.csc_matrix, low: Floats, high: Floats, least: Floats, greatest: Floats) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
    model.col_cost_ = np.zeros(matrix.shape[1])
    model.col_lower_, model.col_upper_ = least, np.minimum(greatest, FAR)
    model.row_lower_, model.row_upper_ = low, np.where(np.isfinite(high), high, highspy.kHighsInf)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    return model
