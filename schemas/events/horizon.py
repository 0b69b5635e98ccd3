"""How far back an effect may lie: as long as the observatory keeps a move row by row, and no longer.

The horizon is the first of a month. Before it an event is refused, but for a landlord's first history, for which the
observatory opens a window.
"""

from datetime import date
from functools import lru_cache
from typing import Protocol

KEPT_MONTHS = 25
"""Months after that of its effect during which a move is kept as a row: the default of `core.retention`."""


@lru_cache(maxsize=4_096)
def horizon(received_on: date, months: int = KEPT_MONTHS) -> date:
    """Return the first day of which an event may still speak when it is received on a day."""
    total = received_on.year * 12 + received_on.month - 1 - months
    return date(total // 12, total % 12 + 1, 1)


class Horizon(Protocol):
    """How far back each landlord's events may go."""

    def first_day(self, landlord: str, received_on: date) -> date:
        """Return the first day of effect that is accepted of a landlord (SIREN) on a day of receipt."""
        ...


class DefaultHorizon:
    """That of a landlord for which no window is open."""

    def first_day(self, landlord: str, received_on: date) -> date:
        """Return the first day within the default months."""
        return horizon(received_on)


class AnyHorizon:
    """What a landlord's own machine can know of windows: the observatory decides."""

    def first_day(self, landlord: str, received_on: date) -> date:
        """Return the first of all days."""
        return date.min
