"""Windows in which a landlord's history is taken: events whose effect is older than the horizon, while one is open.

What came is folded the night after the window closes. Days are Paris days of receipt; a window ends before `closes_on`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from operations.landlords import EnrolmentError, find

DAYS = 90
"""How long the window of a landlord that has just been enrolled is open."""
YEARS = 10
"""How far back that window goes."""
OPEN = """
INSERT INTO core.backfill (landlord, opened_on, closes_on, from_month) VALUES (%s, %s, %s, %s)
ON CONFLICT (landlord, opened_on) DO UPDATE SET closes_on = excluded.closes_on, from_month = excluded.from_month
"""
OPEN_FIRST = """
INSERT INTO core.backfill (landlord, opened_on, closes_on, from_month)
SELECT %(siren)s, %(today)s, %(closes_on)s, %(since)s
WHERE NOT EXISTS (SELECT FROM core.backfill WHERE landlord = %(siren)s)
"""
CLOSE = "UPDATE core.backfill SET closes_on = %(today)s WHERE landlord = %(siren)s AND closes_on > %(today)s"
WINDOWS = """
SELECT landlord, coalesce(name, landlord) AS name, opened_on, closes_on, from_month
FROM core.backfill LEFT JOIN core.landlord ON siren = landlord ORDER BY closes_on DESC, landlord
"""


@dataclass(frozen=True)
class Window:
    """One window, as it is listed."""

    landlord: str
    name: str
    opened_on: date
    closes_on: date
    from_month: date

    def is_open(self, today: date) -> bool:
        """Return whether what is received on a day is still within."""
        return self.opened_on <= today < self.closes_on


def open_window(connection: psycopg.Connection[Any], siren: str, today: date, from_month: date, days: int) -> date:
    """Open a landlord's window for so many days; return the day on which it closes.

    Raises EnrolmentError for a landlord that is not known, or a month that has not ended.
    """
    if siren not in find(connection, [siren]):
        raise EnrolmentError(f"{siren} n'est pas connu ici : `quartiers landlord list` montre qui l'est.")
    if from_month >= today.replace(day=1):
        raise EnrolmentError(f"Le mois {from_month:%Y-%m} n'est pas passé : une reprise d'historique part d'avant.")
    closes_on = today + timedelta(days=days)
    connection.execute(OPEN, (siren, today, closes_on, from_month))
    return closes_on


def open_first_windows(
    connection: psycopg.Connection[Any], sirens: Iterable[str], today: date, days: int = DAYS
) -> list[date]:
    """Open the window of landlords that have just come, unless they ever had one; return the days that they close."""
    closes_on, since = today + timedelta(days=days), date(today.year - YEARS, today.month, 1)
    opened = [
        connection.execute(OPEN_FIRST, {"siren": siren, "today": today, "closes_on": closes_on, "since": since})
        for siren in sirens
    ]
    return [closes_on for one in opened if one.rowcount]


def close_window(connection: psycopg.Connection[Any], siren: str, today: date) -> int:
    """Close a landlord's windows at once: what is received from today on has its horizon. Return how many were open."""
    return connection.execute(CLOSE, {"siren": siren, "today": today}).rowcount


def windows(connection: psycopg.Connection[Any]) -> list[Window]:
    """Return every window there ever was, the last to close first."""
    with connection.cursor(row_factory=class_row(Window)) as cursor:
        return cursor.execute(WINDOWS).fetchall()
