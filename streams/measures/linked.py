"""Measures that need the link between the moves of one dwelling: re-lettings, voids, tenures, and notices.

Invariant: after `refresh_linked` in a transaction that took up everything recorded before `upto`, `core.dwelling_move`,
`core.void_month`, `core.tenure_month` and the three columns of `core.cell_month` equal their recounts. The dwellings
that changes touch are read before and after; the difference of what they contribute is added. So a correction, a
cancellation, another dwelling or another date need no case of their own.

After a change of key a dwelling has another pseudonym: what it did before and what it does after are two dwellings. At
most one void a dwelling is not seen, and a dwelling re-let on both sides within twelve months counts twice. After a
merger pseudonyms stay where the key was handed over, and dwellings are linked across it (`core.keeper`); otherwise the
same holds as for a change of key.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, LiteralString
from uuid import UUID

import numpy as np
import psycopg

from streams.measures.binary_rows import FLAG, INTEGER, UUID_HALF, Rows, layout, read_rows, whole, write_rows
from streams.measures.occupancy import (
    NONE,
    Contributions,
    Counted,
    DwellingMoves,
    Ints,
    contributions,
    difference,
    months_of,
)

TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS linked_touched (dwelling uuid PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS linked_new ON COMMIT DELETE ROWS AS
    SELECT * FROM core.dwelling_move_recount WITH NO DATA;
CREATE TEMP TABLE IF NOT EXISTS linked_gone (landlord text NOT NULL, move_id uuid NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS linked_landlord (landlord text PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS linked_change (
    measure text NOT NULL, cell_id integer NOT NULL, landlord text NOT NULL, month date NOT NULL,
    value integer NOT NULL, n integer NOT NULL) ON COMMIT DELETE ROWS;
TRUNCATE linked_touched, linked_new, linked_gone, linked_landlord, linked_change;
"""
COLUMNS = """move_id, dwelling, cell_id, effective_on, tenancy_month, notice_month, arrival, counted, first_letting,
    month_precision, notice_withdrawn, landlord"""

TAKE_CHANGED = """
INSERT INTO linked_gone SELECT landlord, move_id FROM core.move
WHERE recorded_in >= %(since)s AND recorded_in < %(upto)s
"""
TAKE_NEW = """
INSERT INTO linked_new SELECT * FROM core.dwelling_move_recount
WHERE recorded_in >= %(since)s AND recorded_in < %(upto)s
"""
# The landlords that are kept by another one than when their dwellings were last linked.
MERGED_SINCE = """
SELECT landlord FROM core.keeper FULL JOIN core.kept_by USING (landlord)
WHERE keeper.keeper IS DISTINCT FROM kept_by.keeper
"""
TOUCH = """
INSERT INTO linked_touched
SELECT dwelling FROM linked_new
UNION SELECT dwelling FROM core.dwelling_move JOIN linked_gone USING (landlord, move_id)
UNION SELECT dwelling FROM core.dwelling_move WHERE landlord = ANY (%s)
"""
REMOVE = """
DELETE FROM core.dwelling_move AS kept USING linked_gone AS gone
WHERE kept.landlord = gone.landlord AND kept.move_id = gone.move_id
"""
ADD = f"INSERT INTO core.dwelling_move ({COLUMNS}) SELECT {COLUMNS} FROM linked_new"  # noqa: S608
COPY_LEDGER = f"""
INSERT INTO core.dwelling_move ({COLUMNS}) SELECT {COLUMNS} FROM core.dwelling_move_recount ORDER BY landlord, dwelling
"""  # noqa: S608
FORGET_KEEPERS = "DELETE FROM core.kept_by"
LEARN_KEEPERS = "INSERT INTO core.kept_by SELECT landlord, keeper FROM core.keeper"

ADD_LEVELS = """
INSERT INTO core.cell_month AS c (cell_id, landlord, month, relet_dwellings_12_months, notices, notices_withdrawn)
SELECT cell_id, landlord, month, coalesce(sum(n) FILTER (WHERE measure = 'relet'), 0),
    coalesce(sum(n) FILTER (WHERE measure = 'notices'), 0),
    coalesce(sum(n) FILTER (WHERE measure = 'notices_withdrawn'), 0)
FROM linked_change WHERE measure IN ('relet', 'notices', 'notices_withdrawn')
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
ON CONFLICT (cell_id, landlord, month) DO UPDATE
SET relet_dwellings_12_months = c.relet_dwellings_12_months + excluded.relet_dwellings_12_months,
    notices = c.notices + excluded.notices, notices_withdrawn = c.notices_withdrawn + excluded.notices_withdrawn
"""
ADD_VOIDS = """
INSERT INTO core.void_month AS c (cell_id, landlord, month, days, n)
SELECT cell_id, landlord, month, value, n FROM linked_change WHERE measure = 'voids' ORDER BY 1, 2, 3, 4
ON CONFLICT (cell_id, landlord, month, days) DO UPDATE SET n = c.n + excluded.n
"""
ADD_TENURES = """
INSERT INTO core.tenure_month AS c (cell_id, landlord, month, tenure_months, n)
SELECT cell_id, landlord, month, value, n FROM linked_change WHERE measure = 'tenures' ORDER BY 1, 2, 3, 4
ON CONFLICT (cell_id, landlord, month, tenure_months) DO UPDATE SET n = c.n + excluded.n
"""
ADD_DISTRIBUTIONS = (
    ADD_VOIDS,
    ADD_TENURES,
    "DELETE FROM core.void_month AS c USING linked_change AS d WHERE measure = 'voids' AND d.n < 0 AND c.n = 0 "
    "AND (c.cell_id, c.landlord, c.month, c.days) = (d.cell_id, d.landlord, d.month, d.value)",
    "DELETE FROM core.tenure_month AS c USING linked_change AS d WHERE measure = 'tenures' AND d.n < 0 AND c.n = 0 "
    "AND (c.cell_id, c.landlord, c.month, c.tenure_months) = (d.cell_id, d.landlord, d.month, d.value)",
)
KEEP_BASE = """
INSERT INTO core.linked_base AS c (measure, cell_id, landlord, month, value, n)
SELECT measure, cell_id, landlord, month, value, -n FROM linked_change
ON CONFLICT (measure, cell_id, landlord, month, value) DO UPDATE SET n = c.n + excluded.n
"""
ADD_BASE = "INSERT INTO linked_change SELECT measure, cell_id, landlord, month, value, n FROM core.linked_base"

OF_TOUCHED = """
SELECT dwelling, landlord::integer, cell_id, effective_on, coalesce(tenancy_month, '-infinity'),
    coalesce(notice_month, '-infinity'), arrival, counted, first_letting, month_precision, notice_withdrawn
FROM core.dwelling_move WHERE dwelling IN (SELECT dwelling FROM linked_touched)
"""
OF_LANDLORDS = """
SELECT dwelling, landlord::integer, cell_id, effective_on, coalesce(tenancy_month, '-infinity'),
    coalesce(notice_month, '-infinity'), arrival, counted, first_letting, month_precision, notice_withdrawn
FROM core.dwelling_move WHERE landlord IN (SELECT landlord FROM linked_landlord)
"""
# By steps along the key: the table is large, its landlords are few.
LANDLORDS = """
WITH RECURSIVE step AS (
    (SELECT landlord FROM core.dwelling_move ORDER BY landlord LIMIT 1)
    UNION ALL
    SELECT (SELECT landlord FROM core.dwelling_move WHERE landlord > step.landlord ORDER BY landlord LIMIT 1)
    FROM step WHERE landlord IS NOT NULL
)
SELECT coalesce(keeper, landlord) AS keeper, landlord,
    (SELECT count(*) FROM core.dwelling_move AS moved WHERE moved.landlord = step.landlord)
FROM step LEFT JOIN core.kept_by USING (landlord) WHERE landlord IS NOT NULL ORDER BY 1, 2
"""
FIRST_MONTH = np.datetime64("2000-01", "M")
LEVELS = ("relet", "notices", "notices_withdrawn")
MOVES_AT_ONCE = 2_000_000
FLAGS = ("arrival", "counted", "first_letting", "month_precision", "notice_withdrawn")
ROW = layout(
    ("high", UUID_HALF),
    ("+low", UUID_HALF),
    *((name, INTEGER) for name in ("landlord", "cell", "day", "tenancy", "notice")),
    *((name, FLAG) for name in FLAGS),
)
LINKED_CHANGE: LiteralString = "linked_change (cell_id, landlord, month, value, n, measure)"
VOID_MONTH: LiteralString = "core.void_month (cell_id, landlord, month, days, n)"
TENURE_MONTH: LiteralString = "core.tenure_month (cell_id, landlord, month, tenure_months, n)"
MINUS_INFINITY = np.iinfo(np.int32).min


def refresh_linked(cursor: psycopg.Cursor[Any], taken_up_to: int, upto: int) -> None:
    """Take up the moves recorded in transactions from `taken_up_to` on and before `upto`, and mergers recorded since.

    Until the transaction ends, the temporary table `linked_change` holds what changed: measure (relet, notices,
    notices_withdrawn, voids, tenures), cell, landlord, month, value and n. `add_levels` has still to be called.
    """
    cursor.execute(TEMPORARY_TABLES)
    span = {"since": taken_up_to, "upto": upto}
    cursor.execute(TAKE_CHANGED, span)
    cursor.execute(TAKE_NEW, span)
    merged = [landlord for (landlord,) in cursor.execute(MERGED_SINCE).fetchall()]
    cursor.execute(TOUCH, (merged,))
    cursor.execute("ANALYZE linked_touched")
    before = _contributions(cursor, OF_TOUCHED)
    cursor.execute(REMOVE)
    cursor.execute(ADD)
    cursor.execute(FORGET_KEEPERS)
    cursor.execute(LEARN_KEEPERS)
    _note(cursor, difference(_contributions(cursor, OF_TOUCHED), before))
    for statement in ADD_DISTRIBUTIONS:
        cursor.execute(statement)


def forget_moves(cursor: psycopg.Cursor[Any], moves: Iterable[tuple[str, UUID]]) -> None:
    """Take moves (landlord, move) out of `core.dwelling_move`; what they contributed stays, in `core.linked_base`.

    For the folding and the erasure of ledger rows: in their transaction, after what was recorded of these moves was
    taken up. The measures do not change.
    """
    cursor.execute(TEMPORARY_TABLES)
    with cursor.copy("COPY linked_gone (landlord, move_id) FROM STDIN") as copy:
        for one in moves:
            copy.write_row(one)
    cursor.execute(TOUCH, ([],))
    before = _contributions(cursor, OF_TOUCHED)
    cursor.execute(REMOVE)
    _note(cursor, difference(_contributions(cursor, OF_TOUCHED), before))
    cursor.execute(KEEP_BASE)
    cursor.execute("DELETE FROM core.linked_base WHERE n = 0")


def recount_linked(cursor: psycopg.Cursor[Any], *, from_ledger: bool = True) -> None:
    """Count everything again. What `core.cell_month` must hold of it is left in `linked_change`.

    `from_ledger`: make `core.dwelling_move` anew too. A class that a release changed is taken up here.
    """
    cursor.execute(TEMPORARY_TABLES)
    cursor.execute(FORGET_KEEPERS)
    cursor.execute(LEARN_KEEPERS)
    if from_ledger:
        cursor.execute("TRUNCATE core.dwelling_move")
        cursor.execute(COPY_LEDGER)
        cursor.execute("ANALYZE core.dwelling_move")
    cursor.execute("TRUNCATE core.void_month, core.tenure_month")
    for landlords in _batches(cursor.execute(LANDLORDS).fetchall()):
        cursor.execute("TRUNCATE linked_landlord")
        cursor.execute("INSERT INTO linked_landlord SELECT unnest(%s::text[])", (landlords,))
        found = _contributions(cursor, OF_LANDLORDS)
        # No two lots have a landlord in common: no key comes twice.
        _write(cursor, VOID_MONTH, found.voids)
        _write(cursor, TENURE_MONTH, found.tenures)
        for measure in LEVELS:
            _write(cursor, LINKED_CHANGE, getattr(found, measure), measure)
    cursor.execute(ADD_BASE)
    cursor.execute("ANALYZE linked_change, core.void_month, core.tenure_month")
    for statement in ADD_DISTRIBUTIONS:
        cursor.execute(statement)


def _batches(landlords: list[tuple[str, str, int]]) -> Iterator[list[str]]:
    """Yield landlords (keeper, landlord, moves) in lots of some moves, those of one keeper together."""
    held: list[str] = []
    moves = 0
    for _, group in groupby(landlords, key=itemgetter(0)):
        together = list(group)
        size = sum(one[2] for one in together)
        if held and moves + size > MOVES_AT_ONCE:
            yield held
            held, moves = [], 0
        held += [one[1] for one in together]
        moves += size
    if held:
        yield held


def _contributions(cursor: psycopg.Cursor[Any], query: LiteralString) -> Contributions:
    keepers = {int(one): int(keeper) for one, keeper in cursor.execute("TABLE core.kept_by").fetchall()}
    return contributions(_moves(read_rows(cursor, query, ROW), keepers))


def _moves(rows: Rows, keepers: Mapping[int, int]) -> DwellingMoves:
    """Return the moves that were read, dwellings numbered; `keepers` are those who took others over."""
    landlord = whole(rows["landlord"])
    keeper = landlord.copy()
    for one, by in keepers.items():
        keeper[landlord == one] = by
    high, low = rows["high"].astype(np.uint64), rows["low"].astype(np.uint64)
    order = np.lexsort((keeper, low, high))
    high, low, keeper = high[order], low[order], keeper[order]
    new = (high[1:] != high[:-1]) | (low[1:] != low[:-1]) | (keeper[1:] != keeper[:-1])
    dwelling = np.zeros(order.size, dtype=np.int64)
    dwelling[1:] = np.cumsum(new)
    rows = rows[order]
    return DwellingMoves(
        dwelling,
        landlord[order],
        whole(rows["cell"]),
        whole(rows["day"]),
        _months(rows["tenancy"]),
        _months(rows["notice"]),
        *(rows[name] for name in FLAGS),
    )


def _months(days: Rows) -> Ints:
    known = days != MINUS_INFINITY
    return np.where(known, months_of(np.where(known, days, 0).astype(np.int64)), NONE)


def _note(cursor: psycopg.Cursor[Any], changes: Contributions) -> None:
    """Write changes into `linked_change`."""
    for measure, counted in zip(Contributions._fields, changes, strict=True):
        _write(cursor, LINKED_CHANGE, counted, measure)


def _write(cursor: psycopg.Cursor[Any], into: LiteralString, counted: Counted, measure: str = "") -> None:
    if not counted.n.size:
        return
    first_days = (counted.month.astype("timedelta64[M]") + FIRST_MONTH).astype("datetime64[D]") - FIRST_MONTH
    columns: dict[str, tuple[str, Any]] = {
        "cell": (INTEGER, counted.cell),
        "landlord": ("S9", np.char.zfill(counted.landlord.astype("S9"), 9)),
        "month": (INTEGER, first_days.astype(np.int64)),
        "value": (INTEGER, counted.value),
        "n": (INTEGER, counted.n),
    }
    if measure:
        columns["measure"] = (f"S{len(measure)}", measure.encode())
    write_rows(cursor, into, counted.n.size, **columns)


def add_levels(cursor: psycopg.Cursor[Any]) -> None:
    """Add what `linked_change` has of re-lettings and notices to `core.cell_month`."""
    cursor.execute(ADD_LEVELS)
