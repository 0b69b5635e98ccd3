"""Live windows as staff sees them, stored with what the threshold protects taken out (`core.shown_live`).

Invariant: readers see one whole state, decided in one snapshot of the counters.
"""

from datetime import date, datetime
from typing import Any

import psycopg

STATE = """
SELECT (SELECT max(committed_at) FROM core.ingest_offset), as_of FROM core.window_state
"""
DECIDE = """
INSERT INTO core.shown_live (territory_id, window_days, part, as_of, departures, arrivals, solde, departures_status,
    arrivals_status)
SELECT territory_id, window_days, part, as_of, departures, arrivals, solde, departures_status, arrivals_status
FROM core.live_decided
"""
State = tuple[datetime | None, date]


def live_state(connection: psycopg.Connection[Any]) -> State:
    """Return what live windows depend on: the last commit, and the day at which they end."""
    with connection.transaction():
        committed, as_of = connection.execute(STATE).fetchall()[0]
    return committed, as_of


def show_live(connection: psycopg.Connection[Any]) -> int:
    """Write what staff is shown of live windows again, whole; return the rows. One worker at a time."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE core.shown_live IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("DELETE FROM core.shown_live")
        cursor.execute(DECIDE)
        return cursor.rowcount
