"""The three ways of writing a period: `2026-03`, `2026-W09`, or a plain number.

Invariant: all periods of a file are written the same way, and become positions 0, 1, 2 ... without a hole.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from operations.detection.choices import Epoch
from streams.detection.calendar import MONTHS, WEEKS, Calendar

MONTH, WEEK, NUMBER = re.compile(r"(\d{4})-(\d{2})"), re.compile(r"(\d{4})-W(\d{2})"), re.compile(r"-?\d{1,9}")
LONGEST_YEAR = 53


class PeriodError(ValueError):
    """The message, in French, says what is wrong with a period."""


class Writing(StrEnum):
    """How the periods of a file are written."""

    MONTHS = "AAAA-MM"
    WEEKS = "AAAA-Sss"
    NUMBERS = "un nombre entier"


def writing_of(label: str) -> Writing:
    """Return how a period is written. Raises PeriodError."""
    for pattern, writing in ((MONTH, Writing.MONTHS), (WEEK, Writing.WEEKS), (NUMBER, Writing.NUMBERS)):
        if pattern.fullmatch(label):
            return writing
    raise PeriodError(
        f"« {label} » n'est pas une période : écrivez AAAA-MM (2026-03), AAAA-Www (2026-W09), ou un nombre entier "
        "avec --frequency"
    )


def number_of(label: str, writing: Writing) -> int:
    """Return a number that grows with time: months since the year 0, the week's Monday, or the number itself.

    Raises PeriodError if the label is written otherwise, or names no period.
    """
    if writing_of(label) is not writing:
        raise PeriodError(f"« {label} » n'est pas écrit comme les périodes qui précèdent ({writing})")
    if writing is Writing.NUMBERS:
        return int(label)
    year, part = int(label[:4]), int(label[-2:])
    if writing is Writing.MONTHS:
        if not 1 <= part <= MONTHS or year < 1:
            raise PeriodError(f"« {label} » n'est pas un mois : de 01 à 12")
        return year * MONTHS + part - 1
    try:
        return date.fromisocalendar(year, part, 1).toordinal()
    except ValueError as error:
        raise PeriodError(f"« {label} » n'est pas une semaine : l'année {year} n'a pas de semaine {part}") from error


@dataclass(frozen=True)
class Periods:
    """The periods of a file: how they are written, where each number lies, and the calendar that they make.

    `first` is the number of position 0. `short_years`: weeks of which every year has 52, though the calendar has
    years of 53: then positions follow the labels.
    """

    writing: Writing
    first: int
    calendar: Calendar
    short_years: bool

    def position(self, number: int) -> int:
        """Return the position of a period from its number; outside 0 to `calendar.periods` - 1 if it is not there."""
        if self.writing is not Writing.WEEKS:
            return number - self.first
        if self.short_years:
            return _short(number) - _short(self.first)
        return (number - self.first) // 7

    def label(self, position: int) -> str:
        """Return how a period is written."""
        if self.writing is Writing.NUMBERS:
            return str(self.first + position)
        if self.writing is Writing.MONTHS:
            return f"{(self.first + position) // MONTHS:04}-{(self.first + position) % MONTHS + 1:02}"
        if self.short_years:
            year, week = divmod(_short(self.first) + position, WEEKS)
            return f"{year:04}-W{week + 1:02}"
        year, week, _ = date.fromordinal(self.first + 7 * position).isocalendar()
        return f"{year:04}-W{week:02}"

    def first_after(self, today: date) -> int:
        """Return the position of the first period that has not begun; of numbers none is known to be in the future."""
        if self.writing is Writing.NUMBERS:
            return self.calendar.periods
        if self.writing is Writing.MONTHS:
            return today.year * MONTHS + today.month - self.first
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
        return self.position(monday.toordinal())


def _short(monday: int) -> int:
    """Return the number of a week where every year has 52."""
    year, week, _ = date.fromordinal(monday).isocalendar()
    return year * WEEKS + week - 1


def arrange(numbers: Iterable[int], writing: Writing, frequency: int | None, epoch: Epoch | None) -> Periods:
    """Return the periods of a file from the numbers that are in it.

    `frequency`: 12 or 52, needed for plain numbers; `epoch`: weeks go back by dates and months by number if None.
    Raises PeriodError if the frequency is missing or is not that of the labels.
    """
    found = sorted(set(numbers))
    own = {Writing.MONTHS: MONTHS, Writing.WEEKS: WEEKS}.get(writing)
    if own is None and frequency is None:
        raise PeriodError("les périodes sont de simples nombres : dites --frequency 12 (mois) ou 52 (semaines)")
    if own is not None and frequency not in (None, own):
        raise PeriodError(f"--frequency {frequency} ne va pas avec des périodes écrites {writing}")
    first, last = found[0], found[-1]
    if writing is Writing.NUMBERS:
        yearly = frequency or MONTHS
        return Periods(writing, first, Calendar(last - first + 1, yearly, None, first % yearly), short_years=False)
    if writing is Writing.MONTHS:
        count = last - first + 1
        days = np.array([date((first + n) // MONTHS, (first + n) % MONTHS + 1, 1).toordinal() for n in range(count)])
        by_date = epoch is Epoch.DATES
        calendar = Calendar(count, MONTHS, days if by_date else None, first % MONTHS)
        return Periods(writing, first, calendar, short_years=False)
    weeks = np.arange(first, last + 1, 7)
    short = _has_short_years(found, weeks)
    first_week = date.fromordinal(first).isocalendar().week - 1
    if short:
        return Periods(
            writing, first, Calendar(_short(last) - _short(first) + 1, WEEKS, None, first_week), short_years=True
        )
    calendar = Calendar(len(weeks), WEEKS, None if epoch is Epoch.INDEX else weeks, first_week)
    return Periods(writing, first, calendar, short_years=False)


def _has_short_years(found: list[int], weeks: NDArray[np.int64]) -> bool:
    """Return whether years of 53 weeks went by between two weeks of the file, and none of their last weeks is in it."""
    last_weeks = {int(one) for one in weeks if date.fromordinal(int(one)).isocalendar().week == LONGEST_YEAR}
    return bool(last_weeks) and not last_weeks & set(found)
