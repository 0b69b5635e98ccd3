"""How closely an attacker who knows every shown figure could come to a hidden one: a lower bound, in moves.

The bound is the difference between two tables of counts that agree with everything shown (a *swap* of
`streams/secrecy/pattern.py` carried as far as counts stay above zero, in one sense and in the other). It never promises
more than the linear programme of an attacker finds (Hundepool et al., Statistical Disclosure Control, 2012, ch. 4).
View v > 0 is a landlord who knows its own moves: only the moves of others can pass from one place to another. No move
passes to a place where whoever looks knows that there is none, because nobody else lets there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streams.secrecy.lattice import Bools, Ints
from streams.secrecy.pattern import Pattern, Table

MONTHS = 12
_ONE = np.eye(MONTHS, dtype=bool)
_THREE = _ONE | np.roll(_ONE, -1, axis=1) | np.roll(_ONE, -2, axis=1)
_QUARTERS = np.kron(np.eye(4, dtype=bool), np.ones(3, dtype=bool)).astype(bool)


@dataclass(frozen=True)
class Counts:
    """Moves `x[v, a, t]` by view, atom and month `start + t`; `so_far[..., t]` is the sum of the months before t.

    `closed[v, a]`: whether view v knows that there is no move, because nobody (else) lets there.
    """

    start: int
    x: Ints
    so_far: Ints
    closed: Bools

    @classmethod
    def of(cls, start: int, x: Ints, closed: Bools | None = None) -> "Counts":
        """Return counts from an array of shape (views, atoms, months); `closed`: None if all places are let."""
        so_far = np.concatenate([np.zeros((*x.shape[:2], 1), dtype=np.int64), x.cumsum(axis=2)], axis=2)
        return cls(start, x, so_far, np.zeros(x.shape[:2], dtype=bool) if closed is None else closed)

    @property
    def views(self) -> int:
        """How many views: the outsider, and one a landlord."""
        return int(self.x.shape[0])

    def sums(self, first: int, last: int) -> Ints:
        """Return moves by view and atom of the months `first` to `last`, both included."""
        low, high = max(first - self.start, 0), max(last + 1 - self.start, 0)
        return np.asarray(self.so_far[:, :, high] - self.so_far[:, :, low])


def class_mass(pattern: Pattern, counts: Counts, figure: Bools, first: int, last: int) -> Ints:
    """Return by view how far the count of a figure over some months is open by classes that it straddles."""
    open_by = np.zeros(counts.views, dtype=np.int64)
    for labels, low, high in _segments(pattern, first, last):
        broken = np.unique(labels[figure[labels] != figure])
        if broken.size:
            place, inside = np.searchsorted(broken, labels), np.isin(labels, broken)
            x = counts.sums(low, high)
            for here, there in ((inside & figure, inside & ~figure), (inside & ~figure, inside & figure)):
                receives = np.zeros((counts.views, broken.size), dtype=bool)
                np.logical_or.at(receives.T, place[there], ~counts.closed[:, there].T)
                open_by += (x[:, here] * receives[:, place[here]]).sum(axis=1)
    return open_by


def table_mass(pattern: Pattern, counts: Counts, figure: Bools, first: int, last: int) -> Ints:
    """Return by view how far the count of a figure over some months is open by the best of the tables."""
    best = np.zeros(counts.views, dtype=np.int64)
    for table in pattern.tables:
        change = [int(figure[a]) - int(figure[b]) for a, b in table.pairs]
        if table.since <= last and min(change) != max(change):
            best = np.maximum(best, mass_of(table, counts, figure, first, last))
    return best


def mass_of(table: Table, counts: Counts, figure: Bools, first: int, last: int) -> Ints:
    """Return by view what a table alone opens: month by month, Fréchet's bounds of a table with known margins."""
    left, right = [a for a, _ in table.pairs], [b for _, b in table.pairs]
    change = figure[left].astype(int) - figure[right].astype(int)
    ours = change == change.max()
    months = slice(max(max(first, table.since) - counts.start, 0), last + 1 - counts.start)
    x, may = counts.x[:, :, months], ~counts.closed[:, :, None]
    to_left, to_right = x[:, right] * may[:, left], x[:, left] * may[:, right]
    gain = np.minimum(to_left[:, ours].sum(axis=1), to_right[:, ~ours].sum(axis=1))
    lose = np.minimum(to_right[:, ours].sum(axis=1), to_left[:, ~ours].sum(axis=1))
    return np.asarray((gain + lose).sum(axis=1))


def window_width(pattern: Pattern, counts: Counts, figure: Bools, first: int, last: int) -> Ints:
    """Return by view the least width of the interval of a figure over some months, from swaps within a month."""
    return np.maximum(
        class_mass(pattern, counts, figure, first, last), table_mass(pattern, counts, figure, first, last)
    )


def _segments(pattern: Pattern, first: int, last: int) -> Iterator[tuple[Ints, int, int]]:
    """Yield the partitions that hold in some months, each with its first and last month."""
    for index, one in enumerate(pattern.classes):
        until = pattern.classes[index + 1].since - 1 if index + 1 < len(pattern.classes) else last
        low, high = max(first, one.since), min(last, until)
        if low <= high:
            yield one.labels, low, high


def rhythm_width(pattern: Pattern, base: Ints, shut: Bools, figure: Bools, *, quarterly: bool) -> Ints:
    """Return by view the least width of any single month, and any 3 months that are not shown, of a figure.

    `quarterly`: whether the quarters of the figure are shown at their end: moves then pass within a quarter only.
    Sound for every year published, because `base` is the least of all years and a swap that is repeated each year
    changes no sum of 12 months, and because no move passes to rows that the view knows to be `shut` in its month.
    """
    labels = pattern.months if quarterly else pattern.quarters
    touched = np.zeros(figure.size, dtype=bool)
    touched[pattern.rows[figure]] = True
    whole = touched.copy()
    whole[pattern.rows[~figure]] = False
    rows = np.flatnonzero(touched)
    if not rows.size:
        return np.zeros(base.shape[0], dtype=np.int64)
    groups, place = np.unique(labels[rows], return_inverse=True)
    others = np.flatnonzero(np.isin(labels, groups) & ~touched & (pattern.rows == np.arange(figure.size)))
    inside = _by_group(base, rows, place, groups.size)
    surely = _by_group(base, np.flatnonzero(whole), place[np.isin(rows, np.flatnonzero(whole))], groups.size)
    outside = _by_group(base, others, np.searchsorted(groups, labels[others]), groups.size)
    can = (~shut).astype(np.int64)
    can_receive = _by_group(can, rows, place, groups.size) > 0
    others_can_receive = _by_group(can, others, np.searchsorted(groups, labels[others]), groups.size) > 0
    inside, surely, outside = inside * others_can_receive, surely * others_can_receive, outside * can_receive
    if quarterly:
        ends = [month for month in range(MONTHS) if month % 3 != 2]
        options = np.concatenate([_ONE, _THREE[ends]])
        parts = [(options & quarter, quarter & ~options) for quarter in _QUARTERS]
    else:
        options = np.concatenate([_ONE, _THREE])
        parts = [(options, ~options)]
    width = np.zeros((base.shape[0], len(options)), dtype=np.int64)
    for chosen, rest in parts:
        gain = np.minimum(inside @ rest.T, outside @ chosen.T)
        lose = np.minimum(surely @ chosen.T, outside @ rest.T)
        width += (gain + lose).sum(axis=1)
    return np.asarray(width.min(axis=1))


def _by_group(base: Ints, rows: Ints, place: Ints, groups: int) -> Ints:
    """Return base of some rows summed by group: shape (views, groups, 12)."""
    chosen = np.zeros((groups, rows.size), dtype=np.int64)
    chosen[place, np.arange(rows.size)] = 1
    return np.asarray(np.einsum("gr,vrk->vgk", chosen, base[:, rows], optimize=True))


def first_base(counts: Counts, rows: Ints) -> Ints:
    """Return the base of the first 12 months, kept at the first atom of each row: shape (views, atoms, 12)."""
    base = np.zeros((*counts.x.shape[:2], MONTHS), dtype=np.int64)
    for t in range(MONTHS):
        np.add.at(base[:, :, (counts.start + t) % MONTHS].T, rows, counts.x[:, :, t].T)
    return base


def first_shut(shut: Bools, start: int, rows: Ints) -> Bools:
    """Return the rows that no move can pass to in the first 12 months: shape (views, atoms, 12), at the first atoms.

    `shut`: by view, atom and month from `start`. A row is shut where all its atoms are.
    """
    found = np.ones((*shut.shape[:2], MONTHS), dtype=bool)
    for t in range(MONTHS):
        np.logical_and.at(found[:, :, (start + t) % MONTHS].T, rows, shut[:, :, t].T)
    return np.asarray(found & (rows == np.arange(rows.size))[:, None])


def next_shut(pattern: Pattern, shut: Bools, labels: Ints, month: int) -> Bools:
    """Return the rows that no move can pass to once a month more is published whose classes are `labels`.

    `shut`: by view and atom, in that month. A row is shut where its whole class is.
    """
    whole = np.ones_like(shut)
    np.logical_and.at(whole.T, labels, shut.T)
    found = pattern.shut.copy()
    found[:, :, month % MONTHS] |= whole[:, labels] & (pattern.rows == np.arange(labels.size))
    return found


def next_base(pattern: Pattern, counts: Counts, labels: Ints, month: int) -> Ints:
    """Return the base once a month more is published whose classes are `labels`.

    Rows that are of one class now share what the class has that month: the smallest row is served first.
    """
    k = month % MONTHS
    base = pattern.base.copy()
    x = counts.x[:, :, month - counts.start]
    held = np.zeros_like(x)
    np.add.at(held.T, labels, x.T)
    rows = np.flatnonzero(pattern.rows == np.arange(labels.size))
    alone = np.bincount(labels[rows], minlength=labels.size)[labels[rows]] == 1
    single = rows[alone]
    base[:, single, k] = np.minimum(base[:, single, k], held[:, labels[single]])
    shared = rows[~alone]
    for row in shared[np.argsort(base[0, shared].sum(axis=1), kind="stable")]:
        left = held[:, labels[row]]
        base[:, row, k] = np.minimum(base[:, row, k], left)
        held[:, labels[row]] = left - base[:, row, k]
    return base
