"""Numbers of cells, remembered: a place as moves name it, written once and never renumbered."""

from collections.abc import Callable
from typing import Any

import psycopg

from schemas.events.places import Place


class Cells:
    """Place -> number. A new place is interned at once, on a connection of its own, outside any batch."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[Any] | None = None
        self._known: dict[Place, int] = {}

    def number(self, place: Place) -> int:
        """Return the cell's number; psycopg.OperationalError if it is new and the database is away."""
        found = self._known.get(place)
        if found is None:
            found = self._intern(place)
            self._known[place] = found
        return found

    def _intern(self, place: Place) -> int:
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = self._connect()
            self._connection.autocommit = True
            rows = self._connection.execute(
                "SELECT cell_id, commune, qpv_2024, qpv_2015, qpv_status FROM core.cell"
            ).fetchall()
            self._known |= {(commune, new, old, status): number for number, commune, new, old, status in rows}
            if place in self._known:
                return self._known[place]
        return int(self._connection.execute("SELECT core.intern_cell(%s, %s, %s, %s)", place).fetchall()[0][0])
