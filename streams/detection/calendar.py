"""Which earlier periods a period is compared with: the same season of past years.

Invariant: a calendar numbers its periods 0, 1, 2 ... without a hole; what is missing of a series is marked missing.
A year back is `frequency` periods back, except for weeks that are known by their date: there it is the Monday nearest
to the same day of the earlier year, so that years of 53 weeks move nothing.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.detection.verdicts import Floats, Ints

MONTHS, WEEKS = 12, 52


@dataclass(frozen=True)
class Calendar:
    """Consecutive periods: `frequency` of them make a year.

    `days`: the first day of each as an ordinal (Mondays for weeks), where they are known by date. `first_season`: the
    place in its year, from 0 on, of the first period, where it is known otherwise.
    """

    periods: int
    frequency: int
    days: NDArray[np.int64] | None = None
    first_season: int = 0

    @cached_property
    def time(self) -> Floats:
        """Time for a trend: days where dates are known, else periods."""
        return (np.arange(self.periods) if self.days is None else self.days).astype(np.float64)

    @property
    def year(self) -> float:
        """How long a year is in the unit of `time`."""
        return float(self.frequency) if self.days is None else 365.25

    @cached_property
    def season(self) -> Ints:
        """The place of each period in its year, from 0 to `frequency` - 1; a 53rd week is as the 52nd."""
        if self.days is None or self.frequency != WEEKS:
            return (np.arange(self.periods) + self.first_season) % self.frequency
        weeks = np.array([date.fromordinal(int(day)).isocalendar().week for day in self.days], dtype=np.int64)
        return np.minimum(weeks, WEEKS) - 1

    def years_before(self, period: int, years: int) -> list[int]:
        """Return the periods 1, 2 ... `years` years before; negative or not, where the calendar does not reach."""
        if self.days is None or self.frequency != WEEKS:
            return [period - self.frequency * back for back in range(1, years + 1)]
        monday = date.fromordinal(int(self.days[period]))
        return [period + round((_same_day(monday, back) - monday.toordinal()) / 7) for back in range(1, years + 1)]


def _same_day(day: date, back: int) -> int:
    """Return the ordinal of the same day some years earlier; 29 February is 1 March where there is none."""
    try:
        return day.replace(year=day.year - back).toordinal()
    except ValueError:
        return date(day.year - back, 3, 1).toordinal()


class References(NamedTuple):
    """The periods that one period is compared with, and the season of each; the last season is its own."""

    periods: Ints
    seasons: Ints


def references(
    calendar: Calendar, period: int, years: int, half_window: int, seasons: int, not_included: int
) -> References | None:
    """Return what a period is compared with, None if the calendar does not reach back that far.

    The same date in each of `years` years, plus and minus `half_window` periods: season `seasons` - 1. With more than
    one season, the rest of each year too, cut into equal parts, the longer ones first. The last `not_included`
    periods are left out. Source: Noufaily et al. 2013, 3.2 and 3.3.
    """
    anchors = [*reversed(calendar.years_before(period, years)), period]
    if anchors[0] - half_window < 0:
        return None
    last = seasons - 1
    numbers: list[Ints] = []
    labels: list[Ints] = []
    for anchor, following in zip(anchors, [*anchors[1:], period], strict=True):
        window = np.arange(anchor - half_window, anchor + half_window + 1)
        numbers.append(window)
        labels.append(np.full(len(window), last))
        if seasons > 1 and anchor != period:
            rest = np.arange(anchor + half_window + 1, following - half_window)
            numbers.append(rest)
            labels.append(_parts(len(rest), last))
    found, season = np.concatenate(numbers), np.concatenate(labels)
    kept = found <= period - not_included - 1
    return References(found[kept], season[kept])


def _parts(length: int, parts: int) -> Ints:
    """Return 0, 0 ... 1, 1 ...: so many parts of almost equal length, the longer ones first."""
    short, longer = divmod(length, parts)
    return np.repeat(np.arange(parts), [short + (part < longer) for part in range(parts)])
