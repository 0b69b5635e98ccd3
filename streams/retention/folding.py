"""Fold rows of the ledger into a base: what they contributed stays, dwelling, move, household and day go.

Invariant: ledger and base together are what every counter counts, in every committed state. A slice is one short
transaction that holds one landlord's lock and shares the gate, as a batch does: batches go on meanwhile, and folding
may stop after any slice. A tombstone of each move stays, so that nothing said of it later is taken for a new move.
"""

from datetime import date
from typing import Any, LiteralString

import psycopg

from streams.ingest.commit import GATE
from streams.ledger.moves import lock_landlords
from streams.measures.linked import forget_moves

SLICE = 2_000
"""Rows of the ledger in one transaction."""

TEMPORARY_TABLE = """
CREATE TEMP TABLE IF NOT EXISTS fold_due (
    landlord text NOT NULL, move_id uuid NOT NULL, slice bigint NOT NULL, PRIMARY KEY (landlord, slice, move_id))
"""
# Nothing of a landlord is folded while its history may still come.
COLLECT = """
INSERT INTO fold_due
SELECT landlord, move_id, (row_number() OVER (PARTITION BY landlord ORDER BY effective_on) - 1) / %(size)s
FROM core.move
WHERE effective_on < %(before)s::date
    AND landlord NOT IN (SELECT landlord FROM core.backfill, core.window_state
                         WHERE opened_on <= as_of AND as_of < closes_on)
"""
SLICES = "SELECT landlord, slice FROM fold_due GROUP BY 1, 2 ORDER BY 1, 2"

# The measures, which link moves, are told of what they have taken up: what was recorded since is left for another time.
# So is a row that a revision carried to a later date meanwhile, unless it is to be erased.
FOLD = """
WITH gone AS (
    DELETE FROM core.move AS m USING fold_due AS due
    WHERE (due.landlord, due.slice) = (%(landlord)s, %(slice)s)
        AND (m.move_id, m.landlord) = (due.move_id, due.landlord)
        AND m.recorded_in < (SELECT taken_up_to FROM core.measure_state)
        AND (m.effective_on < %(before)s::date OR %(erased)s)
    RETURNING m.*
), stones AS (
    INSERT INTO core.tombstone (landlord, move_id, revision, content_hash)
    SELECT landlord, move_id, revision, content_hash FROM gone
), base AS (
    INSERT INTO core.folded AS kept
        (landlord, cell_id, day, flow, tenancy_started_on, reason, place, rooms, financing, n)
    SELECT landlord, cell_id, core.coarse_day(effective_on, %(before)s::date), flow,
        core.coarse_start(tenancy_started_on, effective_on, %(before)s::date), reason, place, rooms, financing, count(*)
    FROM gone WHERE flow IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (landlord, cell_id, day, flow, tenancy_started_on, reason, place, rooms, financing)
    DO UPDATE SET n = kept.n + excluded.n
)
SELECT landlord, move_id FROM gone
"""
HOLD_MEASURES = "SELECT FROM core.measure_state FOR UPDATE"

# What was erased before its time kept its day until now.
COARSEN_BASE = """
WITH fine AS (
    DELETE FROM core.folded
    WHERE landlord = %(landlord)s AND day < %(before)s::date
        AND (day <> core.coarse_day(day, %(before)s::date)
            OR tenancy_started_on <> core.coarse_start(tenancy_started_on, day, %(before)s::date))
    RETURNING *
), base AS (
    INSERT INTO core.folded AS kept
        (landlord, cell_id, day, flow, tenancy_started_on, reason, place, rooms, financing, n)
    SELECT landlord, cell_id, core.coarse_day(day, %(before)s::date), flow,
        core.coarse_start(tenancy_started_on, day, %(before)s::date), reason, place, rooms, financing, sum(n)
    FROM fine GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    ON CONFLICT (landlord, cell_id, day, flow, tenancy_started_on, reason, place, rooms, financing)
    DO UPDATE SET n = kept.n + excluded.n
)
SELECT count(*) FROM fine
"""
FINE_BASE = """
SELECT DISTINCT landlord FROM core.folded
WHERE day < %(before)s::date AND (day <> core.coarse_day(day, %(before)s::date)
    OR tenancy_started_on <> core.coarse_start(tenancy_started_on, day, %(before)s::date))
"""

FINE_DAYS = """
SELECT DISTINCT landlord, core.coarse_day(day, %(before)s::date) FROM core.daily_counter
WHERE day < %(before)s::date AND day <> core.coarse_day(day, %(before)s::date) ORDER BY 1, 2
"""
FOLD_DAYS = """
WITH fine AS (
    DELETE FROM core.daily_counter
    WHERE landlord = %(landlord)s AND day > %(month)s::date AND day < %(month)s::date + interval '1 month' RETURNING *
), total AS (
    SELECT cell_id, flow, landlord, sum(n) AS n FROM fine GROUP BY 1, 2, 3 HAVING sum(n) <> 0
), gone AS (
    -- What comes back to nought leaves no row: a recount has none.
    DELETE FROM core.daily_counter AS kept USING total
    WHERE kept.day = %(month)s::date AND kept.n + total.n = 0
        AND (kept.cell_id, kept.flow, kept.landlord) = (total.cell_id, total.flow, total.landlord)
    RETURNING kept.cell_id, kept.flow, kept.landlord
), base AS (
    INSERT INTO core.daily_counter AS kept (cell_id, day, flow, landlord, n)
    SELECT cell_id, %(month)s::date, flow, landlord, n FROM total
    WHERE (cell_id, flow, landlord) NOT IN (SELECT cell_id, flow, landlord FROM gone) ORDER BY 1, 3, 4
    ON CONFLICT (cell_id, day, flow, landlord) DO UPDATE SET n = kept.n + excluded.n
)
SELECT count(*) FROM fine
"""

FACT_BLOCKS = 512
"""Blocks of each chunk of the facts in one transaction."""
FACT_SIZE = """
SELECT coalesce(max(pg_relation_size(inhrelid::regclass)), 0) / current_setting('block_size')::bigint
FROM pg_inherits WHERE inhparent = 'core.fact'::regclass
"""
# The sum of deltas of each key stays what it was, whichever rows are added up. What the measures have not taken up
# yet stays apart, by its transaction, so that it is taken up once.
COMPACT = """
WITH fine AS (
    DELETE FROM core.fact
    WHERE fact.ctid >= %(first)s::text::tid AND fact.ctid < %(last)s::text::tid AND effect_month < %(before)s::date
        AND (received_on <> core.coarse_day(received_on, 'infinity')
            OR tenancy_started_on <> core.coarse_start(tenancy_started_on, effect_month, %(before)s::date))
    RETURNING *
), kept AS (
    INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, tenancy_started_on, landlord, reason, place,
        rooms, financing, recorded_in)
    SELECT core.coarse_day(received_on, 'infinity'), effect_month, cell_id, flow, sum(delta),
        core.coarse_start(tenancy_started_on, effect_month, %(before)s::date), landlord, reason, place, rooms,
        financing, CASE WHEN recorded_in < (SELECT taken_up_to FROM core.measure_state) THEN 0 ELSE recorded_in END
    FROM fine GROUP BY 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12 HAVING sum(delta) <> 0
)
SELECT count(*) FROM fine
"""


def fold_ledger(connection: psycopg.Connection[Any], size: int = SLICE) -> int:
    """Fold the rows whose time is over, at most `size` in one transaction; return how many."""
    collect(connection, COLLECT, {"size": size, "before": limit(connection)})
    return fold_collected(connection, erased=False)


def collect(connection: psycopg.Connection[Any], query: LiteralString, parameters: dict[str, Any]) -> None:
    """Note which rows are to be folded, of no transaction: what is noted is looked at again under the lock."""
    connection.execute(TEMPORARY_TABLE)
    connection.execute("TRUNCATE fold_due")
    connection.execute(query, parameters)
    # Else the planner, which knows nothing of a temporary table, may read the whole ledger for a slice.
    connection.execute("ANALYZE fold_due")


def fold_collected(connection: psycopg.Connection[Any], *, erased: bool) -> int:
    """Fold what was noted, slice by slice; return how many rows were. `erased`: whatever their date."""
    folded, before = 0, limit(connection)
    for landlord, number in connection.execute(SLICES).fetchall():
        with connection.transaction(), connection.cursor() as cursor:
            _hold(cursor, landlord)
            cursor.execute(HOLD_MEASURES)
            chosen = {"landlord": landlord, "slice": number, "erased": erased, "before": before}
            gone = cursor.execute(FOLD, chosen).fetchall()
            if gone:
                forget_moves(cursor, gone)
        folded += len(gone)
    return folded


def coarsen_base(connection: psycopg.Connection[Any]) -> int:
    """Take the day from rows of the base whose time is over; return how many rows were changed."""
    before = limit(connection)
    fine = [
        {"landlord": one, "before": before} for (one,) in connection.execute(FINE_BASE, {"before": before}).fetchall()
    ]
    return sum(_changed(connection, one["landlord"], COARSEN_BASE, one) for one in fine)


def fold_days(connection: psycopg.Connection[Any]) -> int:
    """Fold daily counters whose time is over into the first of their month; return how many rows were."""
    months = connection.execute(FINE_DAYS, {"before": limit(connection)}).fetchall()
    return sum(
        _changed(connection, landlord, FOLD_DAYS, {"landlord": landlord, "month": month}) for landlord, month in months
    )


def compact_facts(connection: psycopg.Connection[Any], blocks: int = FACT_BLOCKS) -> int:
    """Take day of receipt and month of entry from facts whose time is over; return how many rows were changed."""
    size = connection.execute(FACT_SIZE).fetchall()[0][0]
    changed, before = 0, limit(connection)
    for first in range(0, size + 1, blocks):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
            cursor.execute(COMPACT, {"first": f"({first},0)", "last": f"({first + blocks},0)", "before": before})
            changed += cursor.fetchall()[0][0]
    return changed


def limit(connection: psycopg.Connection[Any]) -> date:
    """Return the first of the month before which rows are folded. It only moves on."""
    before: date = connection.execute("SELECT folded_before FROM core.retention").fetchall()[0][0]
    return before


def _changed(
    connection: psycopg.Connection[Any], landlord: str, statement: LiteralString, parameters: dict[str, Any]
) -> int:
    """Do one slice under the locks that a batch of this landlord takes; return how many rows it changed."""
    with connection.transaction(), connection.cursor() as cursor:
        _hold(cursor, landlord)
        rows: list[tuple[int]] = cursor.execute(statement, parameters).fetchall()
    return rows[0][0]


def _hold(cursor: psycopg.Cursor[Any], landlord: str) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
    lock_landlords(cursor, [landlord])
