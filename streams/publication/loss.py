"""What secrecy costs: figures and moves held back, by level and window, and how far rounded counts are off.

Invariant: the report is published with the vintage, and tells no count. A sum of what is held back would be the count
itself where one figure is, and so would a mean distance; reasons would say which side of the threshold a count is on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from streams.secrecy.lattice import Ints, Lattice
from streams.secrecy.suppression import Shown

FEW = 10
"""Figures of a level: for fewer, neither reasons nor a distance are told."""
_LEAST_STEP = 22  # moves between two values of a share, twice the law's threshold
_STEPS = (1, 2, 5, 10, 20, 50, 100)


def share_told(held_back: int, there_are: int) -> int:
    """Return the share of moves held back in percent, rounded up so coarsely that it tells no count."""
    if not held_back:
        return 0
    step = next((step for step in _STEPS if step * there_are >= 100 * _LEAST_STEP), _STEPS[-1])
    return min(100, -(-100 * held_back // (step * there_are)) * step)


def lost(lattice: Lattice, shown: Shown, truth: Mapping[int, Ints], told: Mapping[int, Ints]) -> dict[str, Any]:
    """Return, by window then level (whole territories), figures there are and held back, by reason too.

    `moves_held_back_percent`: see `share_told`. `off`: mean distance of what is shown from the truth, in moves (0
    where nothing is rounded), None of few figures. Beside the windows, `steps`: how many times all that surrounds a
    place had to be joined, by what was (`streams/secrecy/decision.py`).
    """
    report: dict[str, Any] = {}
    for window, mask in shown.shown.items():
        by_level: dict[str, Any] = {}
        for level in sorted(set(lattice.levels)):
            chosen = np.array(
                [here == level and part == "all" for here, part in zip(lattice.levels, lattice.parts, strict=True)]
            )
            hidden = chosen & ~mask
            n = truth[window][: lattice.figures]
            off = np.abs(told[window][: lattice.figures] - n)[chosen & mask]
            reasons: dict[str, int] = {}
            for index in np.flatnonzero(hidden).tolist():
                reasons[shown.reason[window][index]] = reasons.get(shown.reason[window][index], 0) + 1
            by_level[level] = {
                "figures": int(chosen.sum()),
                "figures_held_back": int(hidden.sum()),
                "moves_held_back_percent": share_told(int(n[hidden].sum()), int(n[chosen].sum())),
                "reasons": reasons if hidden.sum() >= FEW else {},
                "off": (round(float(off.mean()), 1) if off.size >= FEW else None) if off.any() else 0.0,
            }
        report[str(window)] = by_level
    report["steps"] = dict(shown.steps)
    return report
