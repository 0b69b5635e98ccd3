"""When a landlord's tool runs: within hours, weekly, or monthly on the 10th; and when it is silent.

Instants are seconds from 1970-01-01 UTC; runs are in the night of Paris, live pushes by day.
"""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import DAY, Ints, first_day, months_of
from producers.region.landlords import Landlord

NOWHEN = 2**53
_EXTRACTION_SECONDS = 900


@dataclass(frozen=True)
class Calendar:
    """The runs of one landlord (empty if it pushes live) and the instant of its last one."""

    runs: Ints
    last: int

    @property
    def live(self) -> bool:
        """Whether each event is pushed by itself."""
        return self.runs.size == 0

    def publish(self, recorded: Ints, waits: Ints) -> tuple[Ints, Ints]:
        """Return (published, revision) for events recorded at some instants; NOWHEN after the end.

        `waits` are the seconds that a live push takes.
        """
        if self.live:
            return recorded + waits, recorded.copy()
        index = np.searchsorted(self.runs, recorded)
        ladder = np.append(self.runs, NOWHEN)
        published = ladder[index]
        return published, np.maximum(published - _EXTRACTION_SECONDS, 0)


def make_calendar(
    landlord: Landlord, number: int, *, first: int, last: int, silence: tuple[int, int] | None, stops: int
) -> Calendar:
    """Return the runs between two day numbers.

    `silence` are the days without a run, ended by one that catches up; on day `stops` a landlord that
    is absorbed runs for the last time.
    """
    if landlord.cadence == "live":
        return Calendar(np.zeros(0, dtype=np.int64), stops * DAY)
    if landlord.cadence == "weekly":
        days = np.arange(first + (number - first) % 7, last, 7, dtype=np.int64)
    else:
        months = np.arange(int(months_of(np.array([first]))[0]), int(months_of(np.array([last]))[0]) + 1)
        days = np.array([first_day(int(month)) + 9 for month in months], dtype=np.int64)
    if silence is not None:
        days = days[(days < silence[0]) | (days >= silence[1])]
        days = np.union1d(days, np.array([silence[1]]))
    if stops < last:
        days = np.union1d(days[days < stops], np.array([stops]))
    return Calendar(days * DAY + 4 * 3600 + number * 420, stops * DAY)
