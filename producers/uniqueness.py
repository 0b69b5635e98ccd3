"""How many moves of a file leave as the only one of their kind: what coarsening does not take away, said to the sender.

Coarsening (`coarsening.py`) hides a move among `k` of its month. The day, the day of the notice, the start of the
tenancy and the class of place leave as they are, and tell moves of one month apart.
"""

from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.coarsening import Hashes, Steps
from schemas.codes import code_list

_PLACES = {code: number for number, code in enumerate(sorted(code_list("place_class")), 1)}
# One integer, so that a move costs eight bytes: day 5 bits, place 5, month of the tenancy's start 15, notice 22.
_PLACE, _TENANCY, _NOTICE = 5, 10, 25
_MIX = np.int64(-7046029254386353131)  # 2**64 divided by the golden ratio: spreads small integers over 64 bits


class Alone(NamedTuple):
    """Of `moves`, those that no other resembles, at the precision of the day and at that of the month."""

    moves: int
    by_day: int
    by_month: int


def detail_of(data: dict[str, Any]) -> int:
    """Return what a move's data says besides its combination, as one integer of 47 bits."""
    notice, tenancy = data.get("notice_received_on"), data.get("tenancy_started_on")
    day = int(data["effective_on"][8:])
    return (
        day
        | _PLACES.get(data["place"], 0) << _PLACE
        | (int(tenancy[:4]) * 12 + int(tenancy[5:7]) if tenancy else 0) << _TENANCY
        | (date.fromisoformat(notice).toordinal() if notice else 0) << _NOTICE
    )


def count_alone(present: Hashes, details: Hashes, steps: Steps) -> Alone:
    """Return how many moves nothing else of the file resembles.

    Arrays of one length: the combination's hash at the step at which a move leaves, `detail_of`, and that step. At the
    precision of the month there is no day and no notice, and of the tenancy of a rare combination only its year.
    """
    place = (details >> _PLACE) & 31
    tenancy = (details >> _TENANCY) & 32_767
    # A tenancy's months are counted from 1 in each year, as `year * 12 + month` is.
    cut = np.where((steps > 0) & (tenancy > 0), (tenancy - 1) // 12 * 12 + 1, tenancy)
    return Alone(len(present), _alone(present, details), _alone(present, place | cut << 5))


def _alone(present: Hashes, details: NDArray[np.int64]) -> int:
    _, sizes = np.unique(present ^ (details * _MIX), return_counts=True)
    return int((sizes == 1).sum())
