"""Chunks of the facts, made beforehand: making one beside a counter row in use can end in a deadlock."""

from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

# A row that comes and goes in one transaction leaves its chunk behind.
MAKE = """
WITH probe AS (
    INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, landlord, reason, place, rooms)
    VALUES (%(day)s, %(day)s, 0, 0, 0, 'chunk', '', '', '') RETURNING 1)
SELECT FROM probe
"""
DROP_PROBE = "DELETE FROM core.fact WHERE received_on = %(day)s AND landlord = 'chunk'"


class FactChunks:
    """Remembers the years of receipt that have their chunk; makes the others on a connection of its own."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]]) -> None:
        self._connect = connect
        self._made: set[int] = set()

    def ensure(self, day: date) -> None:
        """Make the chunk of a day of receipt; psycopg.OperationalError if the database is away."""
        if day.year in self._made:
            return
        # A chunk is a year long, but does not begin in January: two of them may share a calendar year.
        with self._connect() as connection:
            for one in (date(day.year, 1, 1), date(day.year, 12, 31)):
                connection.execute(MAKE, {"day": one})
                connection.execute(DROP_PROBE, {"day": one})
        self._made.add(day.year)
