"""Keep the measures equal to what was recorded: by what is new (`refresh`), or from nothing (`recount`).

Invariant: a fact is taken up exactly once. It carries its transaction's number; taken up are those before the oldest
transaction that was still running, so that one in flight is taken up later, and never lost. Stocks and declarations
are compared as they stand. One worker at a time: the others find the state's row locked and leave.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import class_row

from streams.ingest.commit import GATE
from streams.measures import statements as sql
from streams.measures.linked import add_levels, recount_linked, refresh_linked
from streams.measures.median_windows import recount_medians, refresh_medians
from streams.measures.tenancy_survival import recount_survival, refresh_survival
from streams.measures.territories import count_territories

# Before the snapshot: a rebuild empties the ladder for everybody at once, snapshots or not.
HOLD_LADDER = "LOCK TABLE core.cell_territory IN ACCESS SHARE MODE"
EVERYTHING = ("core.cell_month", "core.landlord_month", "core.observed_month")


@dataclass(frozen=True)
class Refreshed:
    """What a refresh took up, and the (territory, month) that it changed: None for all of them, after a recount.

    `facts`: those that waited, or after a recount the rows of `core.cell_month`.
    """

    facts: int = 0
    landlord_months: int = 0
    changed: frozenset[tuple[int, date]] | None = frozenset()


class Waiting(NamedTuple):
    """How many facts, moves of the ledger, and stocks and declarations."""

    facts: int
    moves: int
    registers: int


@dataclass(frozen=True)
class State:
    """How far the measures are, and how far they could be. Transactions by number."""

    taken_up_to: int
    oldest_running: int
    next_to_come: int
    known_as_of: date | None
    as_of: date
    known_standing: str | None
    standing: str
    known_cluster: str | None
    cluster: str

    @property
    def another_life(self) -> bool:
        """Whether transactions are numbered anew: rows were restored into another database server."""
        return self.taken_up_to > self.next_to_come or self.known_cluster not in (None, self.cluster)

    @property
    def needs_recount(self) -> bool:
        """Whether what is new is not enough: never counted, another life, a merger or a rule that changed."""
        return self.taken_up_to == 0 or self.another_life or self.known_standing != self.standing

    @property
    def new_month(self) -> bool:
        """Whether a month began, or the clock went back."""
        return self.known_as_of is None or self.known_as_of.replace(day=1) != self.as_of.replace(day=1)

    @property
    def upto(self) -> int:
        """The first transaction that is left for later."""
        return max(self.oldest_running, self.taken_up_to)


def refresh(connection: psycopg.Connection[Any]) -> Refreshed:
    """Take up what was recorded since the last time, in one transaction; recount where that is not enough.

    Changes nothing while another worker does it. Raises psycopg.OperationalError if the database is away.
    """
    try:
        with one_snapshot(connection), connection.transaction(), connection.cursor() as cursor:
            cursor.execute(HOLD_LADDER)
            state = read_state(cursor, "FOR UPDATE OF known SKIP LOCKED")
            if state is None:
                return Refreshed()
            if not state.needs_recount:
                return take_up(cursor, state)
    except psycopg.errors.SerializationFailure:
        # Another worker ended its refresh between our snapshot and our lock.
        return Refreshed()
    return recount(connection)


def refreshed_at(connection: psycopg.Connection[Any]) -> datetime | None:
    """Return when the measures last changed."""
    with connection.transaction():
        found: datetime | None = connection.execute("SELECT refreshed_at FROM core.measure_state").fetchall()[0][0]
    return found


def recount(connection: psycopg.Connection[Any]) -> Refreshed:
    """Count everything again from facts, stocks and declarations, in one transaction; batches wait meanwhile."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))
        return recount_held(cursor)


def recount_held(cursor: psycopg.Cursor[Any]) -> Refreshed:
    """Count everything again, in the caller's transaction, which holds the gate alone: no batch is in flight."""
    state = read_state(cursor, "FOR UPDATE OF known")
    if state is None:
        raise LookupError("core.measure_state or core.window_state has no row")
    cursor.execute("SET LOCAL work_mem = '256MB'")
    # Of a whole country, what is computed between two statements takes longer than the minute of runtime/database.py.
    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
    if state.another_life:
        for statement in sql.FORGET_TRANSACTIONS:
            cursor.execute(statement)
    upto = int(cursor.execute("SELECT pg_current_xact_id()::text::bigint + 1").fetchall()[0][0])
    _keep(cursor, state, upto)
    cursor.execute(sql.TEMPORARY_TABLES)
    for table in EVERYTHING:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    cursor.execute("INSERT INTO core.landlord_month TABLE core.landlord_month_recount")
    covered = cursor.rowcount
    cursor.execute("ANALYZE core.landlord_month")
    recount_linked(cursor)
    for statement in sql.COUNT_CELLS:
        cursor.execute(statement, {"upto": upto})
    cells = cursor.rowcount
    cursor.execute("ANALYZE core.cell_month")
    count_territories(cursor)
    recount_medians(cursor)
    recount_survival(cursor)
    _find_through(cursor, whole=True)
    return Refreshed(cells, covered, None)


def take_up(cursor: psycopg.Cursor[Any], state: State) -> Refreshed:
    """Add what is new, in the caller's transaction: one snapshot, in which the state's row is locked."""
    span = {"since": state.taken_up_to, "upto": state.upto}
    found = waiting(cursor, state.taken_up_to)
    if not any(found) and not state.new_month:
        return Refreshed()
    cursor.execute(sql.TEMPORARY_TABLES)
    covered = _cover(cursor, state) if found.registers or state.new_month else 0
    cursor.execute(sql.FIND_MOVES, span)
    cursor.execute(sql.ADD_MOVES)
    refresh_linked(cursor, state.taken_up_to, state.upto)
    add_levels(cursor)
    cursor.execute(sql.FIND_LINKED)
    _restock(cursor)
    cursor.execute(sql.add_observed("core.landlord_month", "cell_change"))
    cursor.execute(sql.DROP_EMPTY_CELLS)
    cursor.execute("ANALYZE observed_change (territory_id, part, month)")
    written = cursor.execute(sql.ADD_TO_TERRITORIES).fetchall()
    if any(empty for *_, empty in written):
        cursor.execute(sql.DROP_EMPTY_MONTHS)
    changed = frozenset((territory, month) for territory, month, _ in written)
    refresh_medians(cursor)
    refresh_survival(cursor)
    _find_through(cursor, whole=state.new_month)
    _keep(cursor, state, state.upto)
    return Refreshed(found.facts, covered, changed)


def _cover(cursor: psycopg.Cursor[Any], state: State) -> int:
    """Bring what covers each month up to date; return how many landlord-months changed."""
    landlords = None
    if not state.new_month:
        landlords = cursor.execute(sql.REGISTERED, {"since": state.taken_up_to}).fetchall()[0][0]
    for statement in sql.FIND_COVERING:
        cursor.execute(statement, {"landlords": landlords})
    changed: int = cursor.execute(sql.COUNT_COVERED_ANEW).fetchall()[0][0]
    if changed:
        cursor.execute(sql.add_observed("covering_gone", sign="-"))
        cursor.execute(sql.add_landlords(sql.COVERED_ANEW, sign="-"))
        for statement in sql.COVER:
            cursor.execute(statement)
        cursor.execute(sql.add_observed("covering_new"))
        cursor.execute(sql.add_landlords(sql.COVERED_ANEW))
    return changed


def _restock(cursor: psycopg.Cursor[Any]) -> None:
    """Count the dwellings again that another stock, a sale or a first letting changed."""
    cursor.execute(sql.FIND_RESTOCKED)
    if not cursor.rowcount:
        return
    cursor.execute(sql.FIND_DWELLINGS)
    if not cursor.rowcount:
        return
    cursor.execute(sql.FIND_PEOPLED)
    peopled = cursor.rowcount
    if peopled:
        cursor.execute(sql.add_landlords(sql.PEOPLED_FOR, sign="-"))
    cursor.execute(sql.ADD_DWELLINGS)
    if peopled:
        cursor.execute(sql.add_landlords(sql.PEOPLED_FOR))


def _find_through(cursor: psycopg.Cursor[Any], *, whole: bool) -> None:
    cursor.execute(sql.FORGET_ALL_THROUGH if whole else sql.FORGET_THROUGH)
    cursor.execute(sql.FIND_ALL_THROUGH if whole else sql.FIND_THROUGH)


def read_state(cursor: psycopg.Cursor[Any], lock: str = "") -> State | None:
    """Return the state, None if it is locked by another worker and `lock` says not to wait."""
    with cursor.connection.cursor(row_factory=class_row(State)) as typed:
        return typed.execute((sql.STATE + lock).encode()).fetchone()


def waiting(cursor: psycopg.Cursor[Any], since: int) -> Waiting:
    """Return what was recorded in transactions from `since` on."""
    return Waiting(*cursor.execute(sql.WAITING, {"since": since}).fetchall()[0])


def _keep(cursor: psycopg.Cursor[Any], state: State, upto: int) -> None:
    kept = {"upto": upto, "as_of": state.as_of, "standing": state.standing, "cluster": state.cluster}
    cursor.execute(sql.KEEP_STATE, kept)


@contextmanager
def one_snapshot(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Let the next transaction read everything as of one moment."""
    before = connection.isolation_level
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        yield
    finally:
        connection.isolation_level = before
