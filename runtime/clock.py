"""The one clock and the one place that knows Paris time. Nothing else calls `now()`."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    """Tells the instant."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that moves only when told to: for tests and for replays."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._instant

    def advance(self, delta: timedelta) -> None:
        """Move the clock forward by `delta`."""
        self._instant += delta


def paris_today(clock: Clock) -> date:
    """Return the calendar day in Paris."""
    return clock.now().astimezone(PARIS).date()


class AcceleratedClock:
    """A clock that starts in the past and runs faster until it has caught up with the machine's: for the demo."""

    def __init__(self, origin: datetime, started: datetime, rate: float) -> None:
        self._origin = origin
        self._started = started
        self._rate = rate

    def now(self) -> datetime:
        """Return `origin` plus `rate` times the time since `started`, never later than the real present."""
        present = datetime.now(UTC)
        return min(present, self._origin + (present - self._started) * self._rate)

    def describe(self) -> str:
        """Return the text from which `clock_from` makes the same clock."""
        return f"{self._origin.isoformat()}|{self._started.isoformat()}|{self._rate}"


def clock_from(description: str | None) -> Clock:
    """Return the system clock, or the accelerated clock that `AcceleratedClock.describe` described."""
    if not description:
        return SystemClock()
    origin, started, rate = description.split("|")
    return AcceleratedClock(datetime.fromisoformat(origin), datetime.fromisoformat(started), float(rate))
