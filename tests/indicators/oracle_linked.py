"""The slow computation of what needs the moves of one dwelling, or notices: one dwelling after the other.

- A dwelling re-let in 12 months is told where, and by whom, it was last re-let; first lettings are none.
- A notice counts in the month in which it was received, whatever became of it, unless it was entered by mistake or
  twice: then there was none.
"""

from collections import defaultdict
from typing import Any

import pandas as pd

from tests.indicators.oracle import PLACE, TECHNICAL, Known, holder_of, moves_of, number_of

FAR = 10**9


def keeper_of(known: Known, landlord: str) -> str:
    """Return who keeps a landlord's dwellings at the end."""
    return holder_of(known, landlord, FAR)[0]


def counted_by_dwelling(known: Known) -> dict[tuple[str, str], list[Any]]:
    """Return the ordinary effective moves of each dwelling in order; of one day the departure comes first."""
    moves = moves_of(known.truth)
    moves = moves[moves.effective & ~moves.reason.isin(TECHNICAL)]
    moves = moves.sort_values(["day", "arrival", "landlord", "commune", "qpv_2024", "qpv_2015", "move_id"])
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for move in moves.itertuples():
        found[keeper_of(known, str(move.landlord)), str(move.dwelling)].append(move)
    return found


def linked_months(known: Known) -> pd.DataFrame:
    """Return re-let dwellings, notices and notices withdrawn by landlord, month and place."""
    counts: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for rows in counted_by_dwelling(known).values():
        last: dict[int, tuple[Any, ...]] = {}
        for move in rows:
            if move.arrival and move.reason != "premiere_location":
                for month in range(move.month, move.month + 12):
                    last[month] = (move.landlord, month, move.commune, move.qpv_2024, move.qpv_2015)
        for key in last.values():
            counts[key][0] += 1
    moves = moves_of(known.truth)
    ordinary = moves[~moves.arrival & (moves.noticed >= 0) & ~moves.reason.isin(TECHNICAL)]
    for move in ordinary[~ordinary.cancelled_for.isin(["mistake", "duplicate"])].itertuples():
        key = (move.landlord, move.noticed, move.commune, move.qpv_2024, move.qpv_2015)
        counts[key][1] += 1
        counts[key][2] += move.cancelled_for == "notice_withdrawn"
    rows = [(*key, *values) for key, values in counts.items() if key[1] <= number_of(known.today)]
    return pd.DataFrame(rows, columns=["landlord", "month", *PLACE, "relet", "noticed", "withdrawn"])
