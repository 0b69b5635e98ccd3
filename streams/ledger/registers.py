"""Stocks and declarations: registers too, the greatest (revision, content hash) stays."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

import orjson
import psycopg

from schemas.events.places import Place, place_of
from schemas.events.reading import Problem

Rank = tuple[int, bytes]
Intern = Callable[[Place], int]

STOCK_COUNTS = (
    "let",
    "on_offer_vacant_up_to_3_months",
    "on_offer_vacant_over_3_months",
    "first_let_within_12_months",
    "out_of_market_works",
    "out_of_market_demolition",
    "out_of_market_sale",
)


class Verdict(NamedTuple):
    """What becomes of an event, and whether it contradicts what is known: equal revision, other content."""

    outcome: str
    contradicts: bool


def verdict_on(rank: Rank, known: Rank | None) -> Verdict:
    """Return what becomes of an event of this rank when the register holds `known`."""
    if known is None:
        return Verdict("applied", False)
    contradicts = rank != known and rank[0] == known[0]
    if rank > known:
        return Verdict("applied", contradicts)
    return Verdict("duplicate" if rank == known else "superseded", contradicts)


def contradiction() -> Problem:
    """Return the doubt about a revision that came with two contents."""
    return Problem(
        "same_revision_other_content",
        "/data/revision",
        "même révision, autre contenu : une règle fixe a choisi ; envoyez une révision plus grande",
    )


def _known(cursor: psycopg.Cursor[Any], query: str, parameters: tuple[object, ...]) -> Rank | None:
    row = cursor.execute(query, parameters).fetchone()
    return None if row is None else (row[0], bytes(row[1]))


NEWEST_DECLARATIONS = """
SELECT wanted.landlord, wanted.scope, newest.revision, newest.content_hash
FROM unnest(%s::text[], %s::text[]) AS wanted (landlord, scope)
CROSS JOIN LATERAL (SELECT revision, content_hash FROM core.declaration AS d
    WHERE d.landlord = wanted.landlord AND d.scope = wanted.scope ORDER BY revision DESC LIMIT 1) AS newest
"""
KEEP_DECLARATION = """
INSERT INTO core.declaration (landlord, scope, revision, content_hash, complete_from, complete_through, received_on,
    control_totals)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (landlord, scope, revision) DO UPDATE
SET content_hash = excluded.content_hash, complete_from = excluded.complete_from,
    complete_through = excluded.complete_through, received_on = excluded.received_on,
    control_totals = excluded.control_totals, recorded_in = excluded.recorded_in
"""


class Declarations:
    """The declarations of one batch: two statements for all of them, however many they are."""

    def __init__(self, cursor: psycopg.Cursor[Any], wanted: Iterable[tuple[str, str]]) -> None:
        """Read the newest known rank of each (landlord, scope)."""
        self._cursor = cursor
        self._newest: dict[tuple[str, str], Rank] = {}
        self._rows: list[tuple[object, ...]] = []
        if pairs := sorted(set(wanted)):
            landlords, scopes = zip(*pairs, strict=True)
            rows = cursor.execute(NEWEST_DECLARATIONS, (list(landlords), list(scopes))).fetchall()
            self._newest = {(landlord, scope): (rev, bytes(hash_)) for landlord, scope, rev, hash_ in rows}

    def take(self, landlord: str, rank: Rank, data: dict[str, Any], received_on: date) -> Verdict:
        """Return what becomes of a declaration, and keep it for `write` if it is the newest of its scope."""
        key = (landlord, data["scope"])
        verdict = verdict_on(rank, self._newest.get(key))
        if verdict.outcome == "applied":
            self._newest[key] = rank
            totals = [[total["month"], total["direction"], total["count"]] for total in data.get("control_totals", [])]
            text = orjson.dumps(totals).decode()
            span = (data.get("complete_from"), data["complete_through"])
            self._rows.append((*key, *rank, *span, received_on, text))
        return verdict

    def is_newest(self, landlord: str, rank: Rank, data: dict[str, Any]) -> bool:
        """Return whether a declaration is the last word of its scope."""
        return self._newest.get((landlord, data["scope"])) == rank

    def write(self) -> None:
        """Write what was taken."""
        self._cursor.executemany(KEEP_DECLARATION, self._rows)


COUNT_STOCK = """
INSERT INTO core.stock_counter (territory_id, landlord, stock_on, inside_qpv, dwellings)
SELECT territory_id, landlord, stock_on, inside_qpv, sum(dwellings)
FROM core.stock_place JOIN core.cell_territory USING (cell_id)
WHERE landlord = %s AND stock_on = %s GROUP BY 1, 2, 3, 4
"""


def apply_stock(
    cursor: psycopg.Cursor[Any], landlord: str, rank: Rank, data: dict[str, Any], received_on: date, intern: Intern
) -> Verdict:
    """Keep a stock if it is the newest of its date; return what becomes of it."""
    stock_on = data["stock_on"]
    known = _known(
        cursor,
        "SELECT revision, content_hash FROM core.stock WHERE landlord = %s AND stock_on = %s",
        (landlord, stock_on),
    )
    verdict = verdict_on(rank, known)
    if verdict.outcome != "applied":
        return verdict
    if known is not None:
        for table in ("core.stock", "core.stock_cell", "core.stock_counter"):
            cursor.execute(f"DELETE FROM {table} WHERE landlord = %s AND stock_on = %s", (landlord, stock_on))  # noqa: S608
    cursor.execute(
        "INSERT INTO core.stock (landlord, stock_on, revision, content_hash, scope, received_on) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        (landlord, stock_on, *rank, data.get("scope", "whole_stock"), received_on),
    )
    columns = ("landlord", "stock_on", "cell_id", "rooms", *STOCK_COUNTS, "tenancies_by_start_year")
    with cursor.copy(f"COPY core.stock_cell ({', '.join(columns)}) FROM STDIN") as copy:
        for cell in data["cells"]:
            counts = [cell.get(name, 0) for name in STOCK_COUNTS]
            tenancies = orjson.dumps(cell.get("tenancies_by_start_year", {})).decode()
            copy.write_row(
                (landlord, stock_on, intern(place_of(cell)), cell.get("rooms", "unknown"), *counts, tenancies)
            )
    cursor.execute(COUNT_STOCK, (landlord, stock_on))
    return verdict


# The région's counters of a landlord are the whole of it: one short index range. From the month of a merger on, what
# still counts at the landlord that was taken over is of the successor's declaration.
COUNTED = """
SELECT to_char(month, 'YYYY-MM'), direction, sum(n)::integer
FROM (SELECT %(landlord)s AS landlord, '-infinity'::date AS since
      UNION ALL SELECT siren, date_trunc('month', merged_on::timestamp)::date FROM core.landlord
      WHERE merged_into = %(landlord)s) AS covered
JOIN core.monthly_counter USING (landlord) JOIN core.flow USING (flow)
WHERE territory_id IN (SELECT territory_id FROM core.territory WHERE level = 'region')
    AND month >= since AND month >= %(first)s AND (inside_qpv OR %(whole)s)
GROUP BY 1, 2
"""


def control_differences(
    cursor: psycopg.Cursor[Any], landlord: str, data: dict[str, Any]
) -> list[tuple[str, str, int, int]]:
    """Return (month, direction, declared, counted) wherever a declaration's control total is not the ledger's count."""
    totals = data.get("control_totals", [])
    if not totals:
        return []
    first = min(total["month"] for total in totals) + "-01"
    wanted = {"landlord": landlord, "first": first, "whole": data["scope"] == "whole_stock"}
    rows = cursor.execute(COUNTED, wanted).fetchall()
    counted = {(month, direction): n for month, direction, n in rows}
    return [
        (total["month"], total["direction"], total["count"], counted.get((total["month"], total["direction"]), 0))
        for total in totals
        if total["count"] != counted.get((total["month"], total["direction"]), 0)
    ]
