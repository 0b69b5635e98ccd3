"""`All my moves up to D are sent`: when a landlord declares, and the control totals it gives.

Invariant: control totals are those of a ledger that has read everything published before the
declaration, no more and no less.
"""

from collections import Counter
from typing import Any

import numpy as np

from producers.region.calendars import Calendar
from producers.region.draws import DAY, Ints, day_of, first_day, month_text, months_of
from producers.region.households import OUT_OF_SCOPE
from producers.region.landlords import Landlord
from producers.region.lifecycle import EFFECTIVE, MALFORMED, Versions
from producers.region.register import Register
from producers.region.wire import DIRECTIONS

MONTHS_OF_TOTALS = 13
_AFTER_RUN = 2_700
_LIVE_HOUR = 3 * 3600


def declaration_instants(landlord: Landlord, calendar: Calendar, first: int, last: int) -> Ints:
    """Return the instants (seconds) at which the landlord declares, between two day numbers."""
    if not calendar.live:
        return calendar.runs + _AFTER_RUN
    days = np.arange(first + 1, last, dtype=np.int64)
    if not landlord.declares_daily:
        days = days[days % 7 == 4]  # Mondays: 1970-01-05 was one
    return days * DAY + _LIVE_HOUR


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


def declaration_data(landlord: Landlord, instant: int, books: Books) -> dict[str, Any]:
    """Return the data of the declaration made at `instant`; `books` is read up to it."""
    books.read_until(instant)
    today = instant // DAY
    month = int(months_of(np.array([today]))[0])
    complete = first_day(month) - 1 if landlord.cadence == "monthly" else today - 1
    last = int(months_of(np.array([complete]))[0])
    return {
        "complete_through": day_of(complete).isoformat(),
        "scope": landlord.scope,
        "revision": instant,
        "control_totals": [
            {"month": month_text(one), "direction": DIRECTIONS[way], "count": books.totals[one * 2 + way]}
            for one in range(last - MONTHS_OF_TOTALS + 1, last + 1)
            for way in (0, 1)
        ],
    }
