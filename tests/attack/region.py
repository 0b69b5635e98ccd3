"""Publications of the simulated region made here, to know the attacker by: one naive, one that tells nearly nothing.

Not the project's own: nothing of `streams` is used, so that what the attacker is tried on does not depend on what it
is to judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from producers.region import Region
from schemas.codes import code_list
from tests.attack.knowledge import COLUMNS, Geography, Leaf, Place, leaf_of

Counts = Mapping[tuple[Leaf, str, int], int]
"""Of moves by leaf, measure and month (months since year 0)."""
DIRECTIONS = {"out": ("departures", "departure_reason"), "in": ("arrivals", "arrival_nature")}
NO_MOVES = ("technical", "out_of_scope")


def count(region: Region) -> Counter[tuple[Leaf, str, int]]:
    """Count the effective moves of a region by leaf, measure and month, technical ones left out."""
    found: Counter[tuple[Leaf, str, int]] = Counter()
    for move in region.truth(lambda direction, content: repr((direction, content)).encode()).moves.values():
        measure, codes = DIRECTIONS[move.direction]
        if move.status != "effective" or code_list(codes)[move.reason].nature_class in NO_MOVES:
            continue
        leaf = leaf_of(move.commune, move.qpv_2024, move.qpv_2015, "inside" if move.qpv_2024 else "outside")
        found[leaf, measure, move.effective_on.year * 12 + move.effective_on.month - 1] += 1
    return found


def publish(
    counts: Counts, geography: Geography, months: Iterable[int], shown: Callable[[Place, int], bool], vintage: str
) -> pd.DataFrame:
    """Return the figures of windows of 1, 3 and 12 months that end with each of `months`, where `shown` lets them."""
    numbers = {leaf: number for number, leaf in enumerate(geography.leaves)}
    by_leaf: dict[tuple[int, str], Counter[int]] = {}
    for (leaf, measure, month), n in counts.items():
        by_leaf.setdefault((numbers[leaf], measure), Counter())[month] += n
    inhabited = {leaf for leaf, _ in by_leaf}
    rows = []
    for place, leaves in geography.places.items():
        if not inhabited & set(leaves):
            continue
        for measure in ("departures", "arrivals"):
            series: Counter[int] = Counter()
            for leaf_number in leaves:
                series.update(by_leaf.get((leaf_number, measure), {}))
            for month in months:
                for window in (1, 3, 12):
                    n = sum(series[month - back] for back in range(window))
                    value = n if shown(place, n) else None
                    status = "secret" if value is None else "value"
                    rows.append((vintage, *place, window, month, measure, value, value, status))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"low": float, "high": float})
