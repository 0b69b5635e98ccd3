"""`All my moves up to D are sent`: when a landlord declares, how far, and the control totals it gives.

Invariant: control totals are those of a ledger that has read everything published before the
declaration, no more and no less, but for the one total that an incident labels as wrong.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from producers.region.calendars import Calendar
from producers.region.delays import days_for_share
from producers.region.draws import DAY, Ints, day_of, first_day, month_text, months_of
from producers.region.households import OUT_OF_SCOPE
from producers.region.incidents import WRONG_BY
from producers.region.landlords import Landlord
from producers.region.lifecycle import EFFECTIVE, MALFORMED, Versions
from producers.region.register import Register
from producers.region.wire import DIRECTIONS

MONTHS_OF_TOTALS = 13
SENT_SHARE = 0.97
_AFTER_RUN = 2_700
_LIVE_HOUR = 3 * 3600


@dataclass(frozen=True)
class DueDeclaration:
    """A declaration to make at `instant` (seconds) on the days from `first` to `through`, both included.

    `excess` is added to the departures of the last whole month: not zero is a labelled mistake.
    """

    instant: int
    first: int
    through: int
    excess: int


def due_declarations(
    landlord: Landlord,
    calendar: Calendar,
    *,
    span: tuple[int, int],
    optimistic: bool = False,
    wrong_on: int | None = None,
) -> tuple[DueDeclaration, ...]:
    """Return what the landlord declares between the days of `span`, the second excluded.

    It declares as far as, by its own curve of delays, 97 % of the exits of the last day are sent; one that
    is `optimistic` declares up to the day before. On its last run an absorbed landlord sends all it has.
    The first declaration from the day `wrong_on` has one wrong total.
    """
    due: list[DueDeclaration] = []
    patience = 0 if optimistic else days_for_share(landlord.lag_days, SENT_SHARE)
    for instant in _instants(landlord, calendar, *span).tolist():
        today = instant // DAY
        through = today - 1 if today >= calendar.last // DAY else today - 1 - patience
        if landlord.cadence == "monthly":
            through = first_day(last_whole_month(through) + 1) - 1
        if through >= span[0]:
            wrong = wrong_on is not None and today >= wrong_on and not any(one.excess for one in due)
            due.append(DueDeclaration(instant, span[0], through, WRONG_BY if wrong else 0))
    return tuple(due)


def _instants(landlord: Landlord, calendar: Calendar, first: int, last: int) -> Ints:
    """Return the instants (seconds) at which the landlord declares, between two day numbers."""
    if calendar.live:
        days = np.arange(first + 1, last, dtype=np.int64)
        if not landlord.declares_daily:
            days = days[days % 7 == 4]  # Mondays: 1970-01-05 was one
        return days * DAY + _LIVE_HOUR
    instants = calendar.runs + _AFTER_RUN
    return instants[(instants >= (first + 1) * DAY) & (instants < last * DAY)]


class Books:
    """What a ledger holds of one landlord, replayed version by version."""

    def __init__(self, register: Register, versions: Versions) -> None:
        valid = versions.take(np.flatnonzero(versions.flavour < MALFORMED))
        counted = (valid.status == EFFECTIVE) & ~OUT_OF_SCOPE[valid.reason]
        columns = (
            register.identity()[valid.row],
            valid.revision,
            months_of(valid.effective) * 2 + register.arrival[valid.row],
            counted,
        )
        self._published = valid.published
        self._columns = [column.tolist() for column in columns]
        self._read = 0
        self._held: dict[int, tuple[int, int | None]] = {}
        self.totals: Counter[int] = Counter()

    def read_until(self, instant: int) -> None:
        """Read every version published up to an instant (seconds)."""
        stop = int(np.searchsorted(self._published, instant, side="right"))
        span = slice(self._read, stop)
        for identity, revision, slot, counted in zip(*(one[span] for one in self._columns), strict=True):
            held = self._held.get(identity)
            if held is not None:
                if held[0] >= revision:
                    continue
                if held[1] is not None:
                    self.totals[held[1]] -= 1
            self._held[identity] = (revision, slot if counted else None)
            if counted:
                self.totals[slot] += 1
        self._read = stop


def declaration_data(landlord: Landlord, due: DueDeclaration, books: Books) -> dict[str, Any]:
    """Return the data of a declaration; `books` is read up to its instant."""
    books.read_until(due.instant)
    last = int(months_of(np.array([due.through]))[0])
    totals = Counter(books.totals)
    totals[last_whole_month(due.through) * 2] += due.excess
    return {
        "complete_from": day_of(due.first).isoformat(),
        "complete_through": day_of(due.through).isoformat(),
        "scope": landlord.scope,
        "revision": due.instant,
        "control_totals": [
            {"month": month_text(one), "direction": DIRECTIONS[way], "count": totals[one * 2 + way]}
            for one in range(last - MONTHS_OF_TOTALS + 1, last + 1)
            for way in (0, 1)
        ],
    }


def last_whole_month(through: int) -> int:
    """Return the number of the last month that ends on the day `through` or before."""
    return int(months_of(np.array([through + 1]))[0]) - 1
