"""The night's retention, after the windows have rolled: move the limit on, fold what is beyond, empty the quarantine.

One program at a time, held by a session's lock that a dead one loses. Whatever ends it half-way, the next night, or the
next minute, goes on where it stopped.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from streams.measures.refresh import refresh
from streams.retention import folding
from streams.retention.refused import empty_old

ALONE = 7_240_003
"""Advisory lock of a session: retention runs once at a time."""
DUE = """
SELECT last_run_on IS NULL OR last_run_on < as_of FROM core.retention, core.window_state
"""
MOVE_ON = """
UPDATE core.retention SET folded_before = greatest(folded_before,
    (date_trunc('month', as_of::timestamp) - months * interval '1 month')::date)
FROM core.window_state RETURNING as_of, folded_before
"""
NOTE_DONE = "UPDATE core.retention SET last_run_on = %s, last_run_at = clock_timestamp()"


@dataclass(frozen=True)
class Folded:
    """What a run folded: rows of the ledger, of daily counters and of facts, with effect before `before`.

    `refused`: events of the quarantine whose content went.
    """

    before: date
    moves: int
    days: int
    facts: int
    refused: int


def is_due(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the windows have moved to a day on which retention has not run yet."""
    due: bool = connection.execute(DUE).fetchall()[0][0]
    return due


def run(connection: psycopg.Connection[Any]) -> Folded | None:
    """Fold all that is beyond the limit; None if another program does. The connection must be in autocommit.

    The day is that of the live windows: what they may still take away is never folded.
    """
    if not connection.execute("SELECT pg_try_advisory_lock(%s)", (ALONE,)).fetchall()[0][0]:
        return None
    try:
        refresh(connection)
        # Committed before anything is folded: from then on what is compared is as coarse as what is folded.
        as_of, before = connection.execute(MOVE_ON).fetchall()[0]
        moves = folding.fold_ledger(connection)
        folding.coarsen_base(connection)
        days, facts = folding.fold_days(connection), folding.compact_facts(connection)
        done = Folded(before, moves, days, facts, empty_old(connection, as_of))
        connection.execute(NOTE_DONE, (as_of,))
        return done
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", (ALONE,))
