"""Counts of a landlord of which no row may leave: a register per (landlord, month), beside the ledger of moves.

Invariant: a month's cells are those of its greatest (revision, content hash). What is replaced leaves the counters,
what replaces it enters them, as signed deltas; a count is dated the first of its month, as a move without a day.
Counts add to the moves of their month: a landlord that sends both is told so.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import psycopg

from schemas.events.places import inside_qpv, place_of
from schemas.events.reading import Problem
from streams.ledger.flows import flow_number, nature_class
from streams.ledger.registers import Intern, Rank, Verdict, verdict_on
from streams.ledger.rows import month_start

KNOWN = """
SELECT landlord, month, revision, content_hash FROM core.counts
WHERE (landlord, month) IN (SELECT * FROM unnest(%s::text[], %s::date[]))
"""
CELLS = """
SELECT landlord, month, cell_id, flow, reason, n FROM core.counts_cell
WHERE (landlord, month) IN (SELECT * FROM unnest(%s::text[], %s::date[]))
"""
# By the counters of the région: a short index range, where the ledger would be read through.
COUNTED = """
SELECT landlord, month, sum(n)::integer FROM core.monthly_counter
WHERE territory_id IN (SELECT territory_id FROM core.territory WHERE level = 'region')
    AND (landlord, month) IN (SELECT * FROM unnest(%s::text[], %s::date[]))
GROUP BY 1, 2
"""
FORGET = "DELETE FROM core.counts_cell WHERE landlord = %s AND month = %s"
KEEP = """
INSERT INTO core.counts (landlord, month, revision, content_hash, received_on) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (landlord, month) DO UPDATE
SET revision = excluded.revision, content_hash = excluded.content_hash, received_on = excluded.received_on
"""
APPEND_FACTS = """
COPY core.fact (received_on, effect_month, cell_id, flow, delta, landlord, reason, place, rooms) FROM STDIN
"""
Month = tuple[str, date]


class Counted(NamedTuple):
    """How many moves of one landlord's month had this cell, flow and reason."""

    cell_id: int
    flow: int
    reason: str
    n: int


class Counts:
    """The counts of one batch: what is known is read at once, what changes is written at once."""

    def __init__(self, cursor: psycopg.Cursor[Any], wanted: Iterable[tuple[str, str]]) -> None:
        """Read what is known of each (landlord, month as YYYY-MM)."""
        self._cursor = cursor
        self._ranks: dict[Month, Rank] = {}
        self._cells: dict[Month, list[Counted]] = {}
        self._received: dict[Month, date] = {}
        self._signed: list[tuple[date, Month, Counted]] = []
        self._moves: dict[Month, int] = {}
        if pairs := sorted({(landlord, _first(month)) for landlord, month in wanted}):
            columns = [list(column) for column in zip(*pairs, strict=True)]
            for landlord, month, revision, hash_ in cursor.execute(KNOWN, columns).fetchall():
                self._ranks[landlord, month] = (revision, bytes(hash_))
            for landlord, month, *counted in cursor.execute(CELLS, columns).fetchall():
                self._cells.setdefault((landlord, month), []).append(Counted(*counted))
            for landlord, month, n in cursor.execute(COUNTED, columns).fetchall():
                self._moves[landlord, month] = n - sum(one.n for one in self._cells.get((landlord, month), ()))

    def take(self, landlord: str, rank: Rank, data: dict[str, Any], received_on: date, intern: Intern) -> Verdict:
        """Return what becomes of an event, and keep it for `write` if it is the greatest of its month."""
        month = (landlord, _first(data["month"]))
        verdict = verdict_on(rank, self._ranks.get(month))
        if verdict.outcome == "applied":
            cells = [_counted(cell, intern) for cell in data.get("cells", ())]
            gone = [one._replace(n=-one.n) for one in self._cells.get(month, ())]
            self._signed += [(received_on, month, one) for one in (*gone, *cells)]
            self._ranks[month], self._cells[month], self._received[month] = rank, cells, received_on
        return verdict

    def doubts(self, landlord: str, data: dict[str, Any]) -> list[Problem]:
        """Return what is to be told of counts that add to moves of their month."""
        moves = self._moves.get((landlord, _first(data["month"])), 0)
        if not moves or not data.get("cells"):
            return []
        text = f"de {data['month']}, des mouvements ({moves}) sont déjà comptés un à un : ces comptes s'y ajoutent"
        return [Problem("moves_beside_counts", "/data/month", text)]

    def write(self) -> list[tuple[int, date, int, str, int]]:
        """Write what was taken; return the signed deltas by day: cell, day, flow, landlord, n."""
        if not self._received:
            return []
        self._cursor.executemany(FORGET, list(self._received))
        self._cursor.executemany(
            KEEP, [(*month, *self._ranks[month], received_on) for month, received_on in self._received.items()]
        )
        with self._cursor.copy("COPY core.counts_cell (landlord, month, cell_id, flow, reason, n) FROM STDIN") as copy:
            for month in self._received:
                for one in self._cells[month]:
                    copy.write_row((*month, *one))
        with self._cursor.copy(APPEND_FACTS) as copy:
            for received_on, (landlord, first), one in self._signed:
                copy.write_row(
                    (received_on, first, one.cell_id, one.flow, one.n, landlord, one.reason, "unknown", "unknown")
                )
        return [(one.cell_id, first, one.flow, landlord, one.n) for _, (landlord, first), one in self._signed]


def _first(month: str) -> date:
    first = month_start(month)
    if first is None:
        raise ValueError("a count has a month")
    return first


def _counted(cell: dict[str, Any], intern: Intern) -> Counted:
    place = place_of(cell)
    reason = cell.get("reason", "non_renseigne")
    nature = nature_class(cell["direction"], reason)
    flow = flow_number(cell["direction"], nature, inside_qpv=inside_qpv(place), month_precision=True)
    return Counted(intern(place), flow, reason, cell["count"])
