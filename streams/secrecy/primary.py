"""What must be hidden by itself: a small count, one landlord's count, a place where few dwellings are.

Invariant: a figure that is not named here has nothing to hide but what a difference with others would give.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from streams.secrecy.lattice import Bools, Ints, Lattice
from streams.secrecy.protection import MONTHS, Counts

_ENTRY_SHARE = 0.03


@dataclass(frozen=True)
class Limits:
    """What the rules file says, as the engine needs it.

    `threshold`: the least count shown. `protection`: the least width of a hidden count's interval. `entry`: a figure
    is first shown from `entry * threshold` on, so that it does not soon have to be hidden again. `dominance`: the
    greatest share of one landlord. `insiders`: whether each landlord is also an attacker on months.
    """

    threshold: int
    protection: int
    entry: float
    dominance: float
    insiders: bool


@dataclass(frozen=True)
class Month:
    """One month to decide on: what the engine is told of it.

    `counts`: from the first month of the first window to this one. `peopled`: by figure, whether it has enough
    dwellings. `consents`: by view, whether that landlord agreed to be recognised (view 0 does). `undeclared`: by atom
    and month of `counts`, whether it is told that nobody declared, so that no move is known to be there; None: never.
    """

    number: int
    counts: Counts
    peopled: Bools
    consents: Bools
    undeclared: Bools | None = None

    @cached_property
    def shut(self) -> Bools:
        """Return by view, atom and month of `counts` whether the view knows that it has no move."""
        closed = np.repeat(self.counts.closed[:, :, None], self.counts.x.shape[2], axis=2)
        return closed if self.undeclared is None else closed | self.undeclared

    def of(self, lattice: Lattice, window: int) -> Ints:
        """Return moves by view and figure (or zone) over the window that ends with this month."""
        return self.counts.sums(self.number - window + 1, self.number) @ lattice.members.T.astype(np.int64)


def primary(lattice: Lattice, month: Month, limits: Limits, window: int, *, entering: bool) -> tuple[Bools, list[str]]:
    """Return by figure and zone whether it must be hidden by itself, and why."""
    n = month.of(lattice, window)
    whole, others = n[0], n[1:]
    floor = limits.threshold * (limits.entry if entering else 1.0)
    small = whole < floor
    if not entering and window < MONTHS:
        small &= whole > 0
    else:
        # The months to come would tell that a place had none; where nobody lets, nothing is to tell.
        small &= (whole > 0) | lattice.members @ ~month.counts.closed[0]
    strict = limits.dominance - (_ENTRY_SHARE if entering else 0.0)
    # Who is alone may have agreed to be recognised; who has others beside it cannot agree for them.
    protected = ~month.consents[1:, None] | (others > 0)
    dominated = (protected & (whole - others > strict * whole)).any(axis=0) & (whole > 0)
    dominated[lattice.figures :] = False
    unpeopled = np.zeros(whole.size, dtype=bool)
    unpeopled[: lattice.figures] = ~month.peopled
    reasons = [
        "population" if u else "primary" if s else "dominance" if d else ""
        for s, d, u in zip(small, dominated, unpeopled, strict=True)
    ]
    return small | dominated | unpeopled, reasons
