"""Live windows as staff sees them, stored with what the threshold protects taken out (`core.shown_live`).

Invariant: readers see one whole state, decided in one snapshot of the counters.
"""

from datetime import date, datetime
from typing import Any

import psycopg

from streams.publication.stored import write_whole

STATE = """
SELECT (SELECT max(committed_at) FROM core.ingest_offset), as_of FROM core.window_state
"""
COLUMNS = "territory_id, window_days, part, as_of, departures, arrivals, solde, departures_status, arrivals_status"
State = tuple[datetime | None, date]


def live_state(connection: psycopg.Connection[Any]) -> State:
    """Return what live windows depend on: the last commit, and the day at which they end."""
    with connection.transaction():
        committed, as_of = connection.execute(STATE).fetchall()[0]
    return committed, as_of


def show_live(connection: psycopg.Connection[Any]) -> int:
    """Write what staff is shown of live windows again; return the rows."""
    return write_whole(connection, "core.shown_live", "core.live_decided", COLUMNS)
