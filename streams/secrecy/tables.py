"""Which places may show how a count divides into classes (origins, destinations, reasons), at one date.

For windows that never overlap, so that nothing is told by time. A *block* is a set of atoms that no shown place tells
apart: whatever an attacker combines of what is shown is a sum of blocks.

Invariant: every block that has a count holds, of each class, none or at least `threshold`, not too much of it one
landlord's; every class of a hidden place that is small, or that must be hidden for another reason, is open by at least
`protection`, or by all that totals leave open: by so many moves could pass between what a block has of it inside and
outside of the place, class against class, with all totals kept (Fréchet's bounds of a table with known margins).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from streams.secrecy.lattice import Bools, Floats, Ints


class TableLimits(NamedTuple):
    """Moves, and the greatest share of one landlord that is not alone (`alone`: who agreed to be told where it is)."""

    threshold: int
    protection: int
    dominance: float


@dataclass(frozen=True)
class Divided:
    """Counts `x[v, c, a]` by view, class and atom: view 0 is everybody, view v what is not of landlord v's own.

    `consents`: by view, whether that landlord agreed to be recognised where it is alone (view 0 does).
    """

    x: Ints
    consents: Bools


def choose(members: Bools, weights: Floats, divided: Divided, candidates: Bools, limits: TableLimits) -> Bools:
    """Return by figure (row of `members`, over atoms) whether its classes are shown: greedily, the weightiest first.

    `candidates`: figures that may be shown at all; those that are none must stay open in each class that has moves.
    """
    chosen = _Choice(members, divided, candidates, limits)
    size = members @ divided.x[0].sum(axis=0)
    order = np.lexsort((-size, -weights))
    for figure in order[candidates[order]].tolist():
        chosen.show(figure)
    return chosen.shown


class _Choice:
    """The places shown so far, and the blocks that they tell apart."""

    def __init__(self, members: Bools, divided: Divided, candidates: Bools, limits: TableLimits) -> None:
        self._members, self._x, self._limits = members, divided.x, limits
        self._alone = ~divided.consents[1:, None]
        self._block = np.zeros(members.shape[1], dtype=np.int64)
        self._blocks = 1
        totals = members @ divided.x[0].T
        # What must stay open: small counts everywhere, every count of what may not be shown.
        self._delicate = (totals > 0) & ((totals < limits.threshold) | ~candidates[:, None])
        everything = np.ones(members.shape[1], dtype=bool)
        self._open = self._opened(everything)
        if divided.x.shape[1] > 1:
            # Until a first place is shown, the classes of the whole are not known either: any of them may be all.
            self._first = self._open - totals.sum(axis=1, keepdims=True)
            self._open = self._open - self._first
        else:
            self._first = np.zeros_like(self._open)
        # Where totals alone leave less open (a place of one departure), showing classes must take nothing of it.
        self._needed = np.minimum(self._open, limits.protection)
        self.shown = np.zeros(members.shape[0], dtype=bool)

    def show(self, figure: int) -> None:
        """Show the classes of a figure if everything else stays hidden."""
        row = self._members[figure]
        parts = []
        change = self._first.copy()
        for block in np.unique(self._block[row]).tolist():
            atoms = self._block == block
            inside, outside = atoms & row, atoms & ~row
            if not outside.any():
                continue
            if not (self._whole(inside) and self._whole(outside)):
                return
            change += self._opened(inside) + self._opened(outside) - self._opened(atoms)
            parts.append(inside)
        if not parts and not self._whole(row):
            return
        if (self._delicate & (self._open + change < self._needed)).any():
            return
        for inside in parts:
            self._block[inside] = self._blocks
            self._blocks += 1
        self._open += change
        self._first[:] = 0
        self.shown[figure] = True

    def _whole(self, atoms: Bools) -> bool:
        """Return whether the sums of a block can be known."""
        sums = self._x[:, :, atoms].sum(axis=2)
        n, others = sums[0], sums[1:]
        small = (n > 0) & (n < self._limits.threshold)
        # Who is alone may have agreed to be recognised; who has others beside it cannot agree for them.
        dominated = (n - others > self._limits.dominance * n) & (n > 0) & (self._alone | (others > 0))
        return not small.any() and not dominated.any()

    def _opened(self, atoms: Bools) -> Ints:
        """Return by figure and class how far a block leaves the figure's count open."""
        x = self._x[0][:, atoms]
        within = self._members[:, atoms].astype(np.int64) @ x.T
        beyond = x.sum(axis=1)[None, :] - within
        others_within = within.sum(axis=1, keepdims=True) - within
        others_beyond = beyond.sum(axis=1, keepdims=True) - beyond
        if x.shape[0] == 1:
            # One class: its total is not known elsewhere, all of it may pass.
            return np.asarray((within + beyond) * self._cut(atoms))
        return np.asarray(np.minimum(within, others_beyond) + np.minimum(others_within, beyond))

    def _cut(self, atoms: Bools) -> Ints:
        """Return by figure whether it holds some atoms of a block and not others."""
        held = self._members[:, atoms].sum(axis=1)
        return np.asarray(((held > 0) & (held < int(atoms.sum()))).astype(np.int64)[:, None])
