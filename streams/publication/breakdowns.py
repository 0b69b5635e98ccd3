"""Breakdowns by reason, destination and origin that staff is shown each month: the région's and its départements'.

Windows of 12 months that overlap would tell too much of smaller places: see `divisions.py` for these.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import psycopg

from streams.publication.base import FAMILIES, first_day
from streams.secrecy.classes import places_shown, whole_shown
from streams.secrecy.lattice import Ints

_WINDOWS = """
SELECT territory_id, level, part, month, {columns} FROM core.observed_window JOIN core.territory USING (territory_id)
WHERE level IN ('departement', 'region') AND part IN ('all', 'qpv') AND window_months = 12
    AND month BETWEEN %(first)s AND %(last)s AND months = 12
"""


def decided(
    cursor: psycopg.Cursor[Any],
    first: int,
    last: int,
    threshold: int,
    totals: Mapping[str, Collection[tuple[int, str]]],
) -> dict[str, list[tuple[int, str]]]:
    """Return, by class, the territories and parts whose breakdown may be shown in every window of some months.

    `totals`: by total, the territories and parts of which it is shown: classes beside a secret one would add up to it.
    """
    told: dict[str, list[tuple[int, str]]] = {}
    for family in FAMILIES:
        columns = ", ".join((family.total, *family.classes))
        span = {"first": first_day(first), "last": first_day(last)}
        rows = cursor.execute(_WINDOWS.format(columns=columns), span).fetchall()
        places = sorted({row[0] for row in rows if row[1] == "departement"})
        regions = {row[0] for row in rows if row[1] == "region"}
        months = sorted({row[3] for row in rows})
        told_whole = set(totals[family.total])
        shown = np.array([{(place, "all"), (place, "qpv")} <= told_whole for place in places], dtype=bool)
        whole = bool(places) and all({(one, "all"), (one, "qpv")} <= told_whole for one in regions)
        for month in months:
            counts = _counts([row for row in rows if row[3] == month and row[1] == "departement"], places)
            whole &= whole_shown(counts, threshold)
            shown &= places_shown(counts, threshold)
        for month in months:
            # What is held back in one window is in all: together they must be enough in each.
            counts = _counts([row for row in rows if row[3] == month and row[1] == "departement"], places)
            held = counts[~shown].sum(axis=0)
            if (~shown).sum() == 1 or ((held > 0) & (held < threshold)).any():
                shown[:] = False
        chosen = [place for place, seen in zip(places, shown & whole, strict=True) if seen]
        keys = [(place, part) for place in (*sorted(regions if whole else ()), *chosen) for part in ("all", "qpv")]
        for name in family.classes:
            told[name] = keys
    return told


def _counts(rows: Sequence[tuple[Any, ...]], places: Sequence[int]) -> Ints:
    """Return counts by place, part (QPV, the rest) and class, the remainder last."""
    width = len(rows[0]) - 4 if rows else 1
    whole = np.zeros((len(places), 2, width), dtype=np.int64)
    for territory, _, part, _, total, *classes in rows:
        counts = [int(one) for one in classes]
        whole[places.index(territory), ("qpv", "all").index(part)] = [*counts, int(total) - sum(counts)]
    whole[:, 1] -= whole[:, 0]
    return whole
