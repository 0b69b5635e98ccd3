"""What is published of the loss tells no count that was held back."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.publication.loss import FEW, lost, share_told
from streams.secrecy.lattice import OUTSIDE, Cell, build_lattice
from streams.secrecy.suppression import Shown


@given(held_back=st.integers(0, 10_000), rest=st.integers(0, 10_000))
def test_a_share_fits_counts_further_apart_than_the_threshold(held_back: int, rest: int) -> None:
    there_are = held_back + rest
    told = share_told(held_back, there_are)
    fitting = [n for n in range(there_are + 1) if share_told(n, there_are) == told]
    assert held_back in fitting
    assert told in (0, 100) or max(fitting) - min(fitting) >= 11
    if told == 100 and held_back:
        assert max(fitting) - min(fitting) >= min(there_are - 1, 11)


def report(hidden: int) -> dict[str, Any]:
    """Return the report on 12 communes with 3 moves each, some of them held back."""
    cells = [Cell(OUTSIDE, False, n, 100, 200, (n, 300)) for n in range(1, 13)]
    lattice = build_lattice(cells, dict.fromkeys(range(1, 13), "commune") | {300: "region"})
    counts = lattice.members.sum(axis=1).astype(np.int64) * 3
    mask = np.ones(lattice.figures, dtype=bool)
    communes = [
        i
        for i, (level, part) in enumerate(zip(lattice.levels, lattice.parts, strict=True))
        if (level, part) == ("commune", "all")
    ]
    mask[communes[:hidden]] = False
    reasons = ["" if seen else "primary" for seen in mask]
    return lost(lattice, Shown({12: mask}, {12: reasons}), {12: counts}, {12: counts})["12"]["commune"]


def test_the_sum_of_what_is_held_back_is_not_told() -> None:
    """One commune is held back: a sum of what communes hold back would be its count."""
    told = report(hidden=1)
    assert told["figures_held_back"] == 1
    assert 3 not in told.values()
    assert not {"moves", "moves_held_back"} & told.keys()


def test_reasons_of_few_figures_are_not_told() -> None:
    assert report(hidden=1)["reasons"] == {}
    assert report(hidden=FEW)["reasons"] == {"primary": FEW}
