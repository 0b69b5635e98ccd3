"""When the demonstration's past ends, how fast its days pass, and how much it simulates."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

YEARS = 5
ONCE_DAYS = 10
LIVE_DAYS = 60
AHEAD_DAYS = 30


@dataclass(frozen=True)
class Plan:
    """Days are UTC midnights, as in the simulation; `end` is excluded."""

    start: date
    live_from: date
    end: date
    seconds_per_day: float
    scale: float
    once: bool

    @property
    def origin(self) -> datetime:
        """The instant at which the live part begins."""
        return datetime.combine(self.live_from, time(), UTC)

    @property
    def rate(self) -> float:
        """How many times faster than the real one the demonstration's clock runs."""
        return 86_400 / self.seconds_per_day


def make_plan(today: date, *, once: bool, scale: float, seconds_per_day: float) -> Plan:
    """Return the plan: with `once` the days end before today, else they go on into it."""
    live_from = today - timedelta(days=ONCE_DAYS if once else LIVE_DAYS)
    end = today if once else today + timedelta(days=AHEAD_DAYS)
    return Plan(live_from.replace(year=live_from.year - YEARS, day=1), live_from, end, seconds_per_day, scale, once)
