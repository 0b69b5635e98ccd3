"""What the moves of one dwelling, put side by side, tell: re-lettings, voids, tenures and notices. Arrays, no I/O.

A dwelling's moves are taken in order of their day; of one day, the departure first. Where two are still equal all
that is used of them decides, so that the order in which they are given makes no difference.
Months are numbered from January 2000 and days from 1 January 2000, as PostgreSQL counts them.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LONGEST_VOID = 1095
"""Days: a void of three years or more is counted here."""
LONGEST_TENURE = 720
"""Months: a tenure of 60 years or more is counted here."""
WINDOW = 12
NONE = np.iinfo(np.int64).min
"""No month: a beginning or a notice that is not known."""


class DwellingMoves(NamedTuple):
    """Moves as columns of one length, in any order.

    `dwelling` numbers the dwellings from nought; `landlord` and `cell` are numbers too. `day` in days;
    `tenancy_month` and `notice_month` in months, NONE where not known.
    """

    dwelling: Ints
    landlord: Ints
    cell: Ints
    day: Ints
    tenancy_month: Ints
    notice_month: Ints
    arrival: Bools
    counted: Bools
    first_letting: Bools
    month_precision: Bools
    notice_withdrawn: Bools

    def take(self, rows: Any) -> "DwellingMoves":
        """Return some of the moves, by position or by mask."""
        return DwellingMoves(*(column[rows] for column in self))


class Counted(NamedTuple):
    """Counts `n` by key, each key once: cell, landlord, month, and a value (days or months; 0 where there is none)."""

    cell: Ints
    landlord: Ints
    month: Ints
    value: Ints
    n: Ints

    def take(self, rows: Any) -> "Counted":
        """Return some of the counts, by position or by mask."""
        return Counted(*(column[rows] for column in self))


class Contributions(NamedTuple):
    """What moves add to each measure. `relet` is a level by month, the others are counts of events."""

    relet: Counted
    notices: Counted
    notices_withdrawn: Counted
    voids: Counted
    tenures: Counted


def contributions(moves: DwellingMoves) -> Contributions:
    """Return what the moves of whole dwellings contribute: all the moves of each dwelling must be there."""
    counted = _in_order(moves.take(moves.counted))
    noticed = moves.take(moves.notice_month != NONE)
    withdrawn = noticed.take(noticed.notice_withdrawn)
    return Contributions(
        _relet(counted.take(counted.arrival & ~counted.first_letting)),
        _events(noticed, noticed.notice_month),
        _events(withdrawn, withdrawn.notice_month),
        _voids(counted),
        _tenures(counted.take(~counted.arrival)),
    )


def difference(after: Contributions, before: Contributions) -> Contributions:
    """Return what must be added where `before` was counted, so that it becomes `after`; keys that stay are left out."""
    pairs = zip(after, (old._replace(n=-old.n) for old in before), strict=True)
    return Contributions(*(summed(Counted(*map(np.concatenate, zip(*pair, strict=True)))) for pair in pairs))


def summed(counted: Counted) -> Counted:
    """Return the sums of `n` by key, those of zero left out, in the order of the keys."""
    if not counted.n.size:
        return counted
    rows = counted.take(np.lexsort((counted.value, counted.month, counted.landlord, counted.cell)))
    changes = np.any([column[1:] != column[:-1] for column in rows[:4]], axis=0)
    starts = np.flatnonzero(np.append(True, changes))
    sums = rows.take(starts)._replace(n=np.add.reduceat(rows.n, starts))
    return sums.take(sums.n != 0)


def months_of(days: Ints) -> Ints:
    """Return the month number (January 2000 is 0) of day numbers (1 January 2000 is 0)."""
    dates = days.astype("timedelta64[D]") + np.datetime64("2000-01-01", "D")
    return (dates.astype("datetime64[M]") - np.datetime64("2000-01", "M")).astype(np.int64)


def _in_order(moves: DwellingMoves) -> DwellingMoves:
    """Return the moves dwelling after dwelling; keys are packed, because each one more costs a sort."""
    if not moves.day.size:
        return moves
    first, width = int(moves.day.min()), int(moves.day.max() - moves.day.min()) + 1
    when = (moves.dwelling * width + moves.day - first) * 2 + moves.arrival
    what = (moves.landlord * (int(moves.cell.max()) + 1) + moves.cell) * 4
    what += moves.first_letting * 2 + moves.month_precision
    return moves.take(np.lexsort((what, when)))


def _events(moves: DwellingMoves, month: Ints) -> Counted:
    none = np.zeros_like(month)
    return summed(Counted(moves.cell, moves.landlord, month, none, np.ones_like(month)))


def _relet(relettings: DwellingMoves) -> Counted:
    """Return the level of dwellings re-let in the 12 months that end with each month, where the last one was.

    A re-letting stands from its month on for 12 months, or until the dwelling's next one takes its place: +1 at
    one end, -1 at the other, summed along the months of each cell and landlord.
    """
    month = months_of(relettings.day)
    if not month.size:
        return _events(relettings, month)
    end = month + WINDOW
    same = relettings.dwelling[1:] == relettings.dwelling[:-1]
    end[:-1][same] = np.minimum(end[:-1][same], month[1:][same])
    width = int(relettings.landlord.max()) + 1
    places, place = np.unique(relettings.cell * width + relettings.landlord, return_inverse=True)
    first, length = int(month.min()), int(end.max() - month.min()) + 1
    size = places.size * length
    level = np.bincount(place * length + month - first, minlength=size)
    level = level - np.bincount(place * length + end - first, minlength=size)
    level = level.reshape(places.size, length).cumsum(axis=1)
    at, when = np.nonzero(level)
    return Counted(places[at] // width, places[at] % width, when + first, np.zeros_like(when), level[at, when])


def _voids(counted: DwellingMoves) -> Counted:
    """Return the days between a departure and the arrival that follows it, both known to the day."""
    before, after = counted.take(slice(None, -1)), counted.take(slice(1, None))
    followed = (before.dwelling == after.dwelling) & ~before.arrival & after.arrival & ~after.first_letting
    rows = np.flatnonzero(followed & ~before.month_precision & ~after.month_precision)
    days = np.minimum(after.day[rows] - before.day[rows], LONGEST_VOID)
    after = after.take(rows)
    return summed(Counted(after.cell, after.landlord, months_of(after.day), days, np.ones_like(days)))


def _tenures(departures: DwellingMoves) -> Counted:
    """Return the months from a tenancy's beginning to the departure, where the beginning is known and not after it."""
    month = months_of(departures.day)
    rows = np.flatnonzero((departures.tenancy_month != NONE) & (departures.tenancy_month <= month))
    departures, month = departures.take(rows), month[rows]
    tenure = np.minimum(month - departures.tenancy_month, LONGEST_TENURE)
    return summed(Counted(departures.cell, departures.landlord, month, tenure, np.ones_like(month)))
