"""Decide what of a month's windows is shown: primary suppression, then as few complements as protect them.

Invariant: every hidden figure or zone is open by at least `protection` moves to whoever knows all that is shown, in all
vintages so far, and to each landlord that knows its own moves besides, unless all the moves of the figure are its own.
Each window is decided once: what was hidden stays possible for good (`streams/secrecy/pattern.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from streams.secrecy.decision import Decision
from streams.secrecy.lattice import Bools, Lattice
from streams.secrecy.pattern import Classes, Pattern
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, next_base, next_shut

WINDOWS = (1, 3, 12)


@dataclass(frozen=True)
class Shown:
    """What is shown of one month: `shown[window]` and `reason[window]` (empty where shown) by figure.

    `steps`: how many times all that surrounds a place had to be joined, by what was (`decision.STEPS`).
    """

    shown: dict[int, Bools]
    reason: dict[int, list[str]]
    steps: Mapping[str, int] = field(default_factory=dict)


def start(lattice: Lattice, month: Month, limits: Limits) -> tuple[Pattern, Shown]:
    """Decide on the first window of 12 months; `month.counts` has exactly its months."""
    first = month.number - MONTHS + 1
    alone = np.arange(lattice.atoms, dtype=np.int64)
    none = np.zeros(lattice.members.shape[0], dtype=bool)
    base = np.zeros((month.counts.views, lattice.atoms, MONTHS), dtype=np.int64)
    blank = Pattern(first, month.number, alone, (Classes(first, alone),), (), alone, alone, none, none, base, base > 0)
    decision = Decision(lattice, month, limits, blank, entering=True)
    decision.settle()
    decision.set_rhythm()
    return decision.pattern, _shown(decision)


def advance(lattice: Lattice, month: Month, limits: Limits, pattern: Pattern) -> tuple[Pattern, Shown]:
    """Decide on the month after the last one decided. Raises ValueError for any other."""
    if month.number != pattern.through + 1:
        raise ValueError(f"month {month.number} does not follow {pattern.through}")
    decision = Decision(lattice, month, limits, pattern, entering=False)
    decision.settle()
    done = decision.pattern
    base = next_base(done, month.counts, done.labels, month.number)
    shut = next_shut(done, month.shut[:, :, -1], done.labels, month.number)
    decision.pattern = replace(done, base=base, shut=shut, through=month.number)
    return decision.pattern, _shown(decision)


def _shown(decision: Decision) -> Shown:
    """Return the masks of the figures and why each hidden one is."""
    pattern, lattice = decision.pattern, decision.lattice
    named = slice(0, lattice.figures)
    year = ~decision.hidden()[named]
    quarter_end = decision.month.number % 3 == 2
    short = year & lattice.short[named]
    month = short & pattern.monthly[named] & ~decision.primary[1][0][named]
    lit = pattern.monthly | pattern.quarterly if quarter_end else pattern.monthly
    quarter = short & lit[named] & ~decision.primary[3][0][named]
    shown = {1: month, 3: quarter, 12: year}
    return Shown(
        shown,
        {
            window: [
                "" if seen else why or "complement"
                for seen, why in zip(shown[window], decision.primary[window][1], strict=False)
            ]
            for window in WINDOWS
        },
        decision.steps,
    )
