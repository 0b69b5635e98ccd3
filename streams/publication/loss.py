"""What secrecy costs: figures and moves held back, by level and window, and how far rounded counts are off."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from streams.secrecy.lattice import Ints, Lattice
from streams.secrecy.suppression import Shown


def lost(lattice: Lattice, shown: Shown, truth: Mapping[int, Ints], told: Mapping[int, Ints]) -> dict[str, Any]:
    """Return, by window then level (whole territories), figures and moves there are and held back, by reason too.

    `off`: mean distance of what is shown from the truth, in moves (0 where nothing is rounded).
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
                "moves": int(n[chosen].sum()),
                "moves_held_back": int(n[hidden].sum()),
                "reasons": reasons,
                "off": round(float(off.mean()), 2) if off.size else 0.0,
            }
        report[str(window)] = by_level
    return report
