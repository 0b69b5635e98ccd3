"""The horizon as the operator set it, and the windows that are open: read again at least every second."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

from schemas.events.horizon import horizon
from streams.ingest.link import Link

FRESH_SECONDS = 1.0
READ = """
SELECT months, landlord, opened_on, closes_on, from_month FROM core.retention LEFT JOIN core.backfill ON true
"""


class RecordedHorizon:
    """Asks the database, on a connection of its own, outside any batch."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._link = Link(connect)
        self._months = 0
        self._windows: dict[str, list[tuple[date, date, date]]] = {}
        self._found: dict[tuple[str, date], date] = {}
        self._fresh_until = float("-inf")

    def first_day(self, landlord: str, received_on: date) -> date:
        """Return the first day of effect that is accepted; psycopg.OperationalError if one cannot ask.

        Of what was received while a window was open, all that the window allows is accepted, whenever it is read.
        """
        if time.monotonic() > self._fresh_until:
            self._read()
        found = self._found.get((landlord, received_on))
        if found is None:
            found = self._found[landlord, received_on] = self._first_day(landlord, received_on)
        return found

    def _first_day(self, landlord: str, received_on: date) -> date:
        windows = self._windows.get(landlord, ())
        open_then = [since for opened, closes, since in windows if opened <= received_on < closes]
        return min([horizon(received_on, self._months), *open_then])

    def _read(self) -> None:
        rows = self._link.connection().execute(READ).fetchall()
        self._months, self._windows, self._found = rows[0][0], {}, {}
        for _, landlord, *window in rows:
            if landlord is not None:
                opened, closes, since = window
                self._windows.setdefault(landlord, []).append((opened, closes, since))
        self._fresh_until = time.monotonic() + FRESH_SECONDS
