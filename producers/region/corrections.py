"""What clerks first get wrong about a move, and correct days to months later.

Invariant: the first entry differs from the corrected one as it is published. Most wrong days are those of
a month's end: keys given back on 28 February are dated when they are entered, in March; fewer the other
way, an exit of the first days of a month dated at the end of the month before.
"""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import DAY, Bools, Floats, Ints, first_days
from producers.region.dwellings import ROOMS
from producers.region.households import OUT_OF_SCOPE, reason_index
from producers.region.register import Register

_REASON, _DAY, _ROOMS = range(3)
_KINDS = (0.35, 0.40, 0.25)
_NEAR_DAYS = 4
_MORE_AT_MONTH_END = 0.04
_DATED_NEXT_MONTH, _DATED_MONTH_BEFORE = 0.7, 0.5
_WORKDAY_BEGINS = 9 * 3600


@dataclass(frozen=True)
class FirstEntries:
    """Columns by move: what is entered first, at instants `recorded` (seconds)."""

    recorded: Ints
    effective: Ints
    reason: Ints
    rooms: Ints


def days_left(days: Ints) -> Ints:
    """Return how many days are left in the month, that day included."""
    return first_days(first_days(days) + 31) - days


def draw_wrong(rng: np.random.Generator, days: Ints, share: float, *, leaving: bool) -> Bools:
    """Draw which moves are entered wrongly: a `share`, and more of the exits at the end of a month."""
    chance: Floats = np.full(days.size, share)
    if leaving:
        chance[days_left(days) <= _NEAR_DAYS] += _MORE_AT_MONTH_END
    wrong: Bools = rng.random(days.size) < chance
    return wrong


def first_entries(
    register: Register, rows: Ints, recorded: Ints, ceiling: int, *, by_month: bool, rng: np.random.Generator
) -> FirstEntries:
    """Return what is entered first of the moves `rows`, each wrong in its day, its reason or its rooms.

    Nothing is entered after the instant `ceiling`; with `by_month` a day is published as its month.
    """
    right, reason, rooms = register.effective[rows], register.reason[rows].copy(), register.rooms[rows].copy()
    kind = rng.choice(len(_KINDS), size=rows.size, p=_KINDS)
    kind[(days_left(right) <= _NEAR_DAYS) & (rng.random(rows.size) < 0.6)] = _DAY
    entered, day = _wrong_days(rng, right, recorded, ceiling)
    is_day = (kind == _DAY) & (day >= register.notice[rows])
    day, recorded = np.where(is_day, day, right), np.where(is_day, entered, recorded)
    said = np.where(register.arrival[rows], reason_index("autre", arrival=True), reason_index("autre", arrival=False))
    reason = np.where((kind == _REASON) & ~OUT_OF_SCOPE[reason], said, reason)
    moved = first_days(day) != first_days(right) if by_month else day != right
    wrong_rooms = ~moved & (reason == register.reason[rows])
    rooms = np.where(wrong_rooms, np.where(rooms < len(ROOMS) - 1, rooms + 1, rooms - 1), rooms)
    return FirstEntries(recorded, day, reason, rooms)


def _wrong_days(rng: np.random.Generator, right: Ints, recorded: Ints, ceiling: int) -> tuple[Ints, Ints]:
    """Draw (recorded, day): a day of the next month is entered when it has come."""
    size = right.size
    chance, few = rng.random(size), rng.integers(0, 3, size)
    shifted = right + rng.integers(1, 34, size) * rng.choice([-1, 1], size=size)
    day = np.minimum(shifted, np.maximum(recorded // DAY, right))
    left = days_left(right)
    following = right + left + few
    then = np.maximum(recorded, following * DAY + _WORKDAY_BEGINS)
    next_month = (left <= _NEAR_DAYS) & (chance < _DATED_NEXT_MONTH) & (then <= ceiling)
    month_before = (right - first_days(right) < _NEAR_DAYS) & (chance < _DATED_MONTH_BEFORE)
    day = np.where(month_before, first_days(right) - 1 - few, day)
    return np.where(next_month, then, recorded), np.where(next_month, following, day)
