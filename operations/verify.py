"""Prove counters and measures: recount them and compare every row of every grain.

One REPEATABLE READ snapshot: the proof holds on a live system, beside running workers. What waits to be taken up into
the measures is taken up first, in the same snapshot; what is of transactions that ran on meanwhile waits for later, and
is left out on both sides.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg.rows import dict_row

from streams.measures.refresh import HOLD_LADDER, read_state, recount, take_up, waiting

GRAINS = {
    "daily": ("core.daily_total", "daily_recount", ("cell_id", "day", "flow", "landlord")),
    "monthly": ("core.monthly_counter", "monthly_recount", ("territory_id", "month", "flow", "landlord")),
    "rolling": (
        "core.rolling_counter",
        "rolling_recount",
        ("territory_id", "window_days", "flow", "landlord"),
    ),
    "facts": (
        "core.fact_total",
        "fact_recount",
        ("effect_month", "cell_id", "flow", "tenancy_started_on", "landlord", "reason", "place", "rooms", "financing"),
    ),
    "stock": (
        "core.stock_counter",
        "stock_recount",
        ("territory_id", "landlord", "stock_on", "inside_qpv"),
    ),
}
MEASURES = {
    "landlord_month": ("core.landlord_month", "landlord_month_recount", ("landlord", "month")),
    "cell_month": ("core.cell_month", "cell_month_recount", ("cell_id", "landlord", "month")),
    "observed_month": ("core.observed_month", "observed_month_recount", ("territory_id", "part", "month")),
    "dwelling_move": ("core.dwelling_move_settled", "dwelling_move_taken_up", ("landlord", "move_id")),
    "voids": ("core.void_month", "void_recount", ("cell_id", "landlord", "month", "days")),
    "tenures": ("core.tenure_month", "tenure_recount", ("cell_id", "landlord", "month", "tenure_months")),
}
"""Tables of many measures a row, and the views of schema core that they equal."""
READ_BY_SEVERAL = (
    "cell_ladder",
    "daily_recount",
    "landlord_month_recount",
    "cell_moves_recount",
    "cell_dwellings_recount",
    "dwelling_sequence",
    "cell_ledger_recount",
)
"""Views that others read: each is computed once, in this order, and then read where it stands."""
LISTED = 20
ATTEMPTS = 5
HOLD_REBUILDS = (
    "LOCK TABLE core.daily_counter, core.monthly_counter, core.rolling_counter, core.stock_counter IN ACCESS SHARE MODE"
)


@dataclass(frozen=True)
class Difference:
    """One count that the table and the recount do not agree on; None means no row. Of landlord-months, dates too."""

    grain: str
    key: dict[str, Any]
    counter: Any
    recount: Any


@dataclass(frozen=True)
class Verdict:
    """The result: how many rows were compared in each grain, and every difference (20 a grain at most).

    `waiting`: facts recorded that measures cannot have taken up yet, for a transaction before them runs on.
    """

    as_of: date
    moves: int
    compared: dict[str, int]
    differing: dict[str, int]
    differences: list[Difference] = field(default_factory=list)
    waiting: int = 0

    @property
    def equal(self) -> bool:
        """Whether every counter equals its recount."""
        return not any(self.differing.values())


class _Recounts:
    """Views of schema core as temporary tables of the same name, each computed once and its size known."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        self.cursor = cursor
        self.there: list[str] = []

    def compute(self, view: str) -> str:
        """Return the name of the table that holds what a view selects; what is there already is read, not computed."""
        if view not in self.there:
            text: str = self.cursor.execute("SELECT pg_get_viewdef(%s::regclass)", (f"core.{view}",)).fetchall()[0][0]
            for name in self.there:
                text = re.sub(rf"\bcore\.{name}\b", f"pg_temp.{name}", text)
            self.cursor.execute(f"CREATE TEMP TABLE {view} ON COMMIT DROP AS {text}".encode())
            self.cursor.execute(f"ANALYZE pg_temp.{view}".encode())
            self.there.append(view)
        return f"pg_temp.{view}"


def _compare(cursor: psycopg.Cursor[Any], grain: str, recounts: _Recounts) -> tuple[int, int, list[Difference]]:
    counter, view, keys = GRAINS[grain]
    recount = recounts.compute(view)
    measure = "dwellings" if grain == "stock" else "n"
    columns = ", ".join(keys)
    cursor.execute(
        f"CREATE TEMP TABLE difference ON COMMIT DROP AS "  # noqa: S608
        f"SELECT {columns}, sum(counter)::bigint AS counter, sum(recount)::bigint AS recount FROM ("
        f"  SELECT {columns}, {measure} AS counter, NULL::bigint AS recount FROM {counter}"
        f"  UNION ALL SELECT {columns}, NULL, {measure} FROM {recount}"
        f") AS both_sides GROUP BY {columns}"
    )
    cursor.execute("SELECT count(*), count(*) FILTER (WHERE counter IS DISTINCT FROM recount) FROM difference")
    compared, differing = cursor.fetchall()[0]
    cursor.execute(
        f"SELECT {columns}, counter, recount FROM difference WHERE counter IS DISTINCT FROM recount LIMIT %s",  # noqa: S608
        (LISTED,),
    )
    found = [Difference(grain, dict(zip(keys, row, strict=False)), row[-2], row[-1]) for row in cursor.fetchall()]
    cursor.execute("DROP TABLE difference")
    return compared, differing, found


def _compare_measures(
    cursor: psycopg.Cursor[Any], grain: str, recounts: _Recounts
) -> tuple[int, int, list[Difference]]:
    """Compare row by row, and name in what is listed the measures that differ."""
    table, view, keys = MEASURES[grain]
    key = ", ".join(keys)
    recount = recounts.compute(view)
    cursor.execute(f"SELECT * FROM {table} LIMIT 0")  # noqa: S608
    columns = [column.name for column in cursor.description or ()]
    values = [name for name in columns if name not in keys]
    compared: int = cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608
    cursor.execute(
        f"CREATE TEMP TABLE difference ON COMMIT DROP AS SELECT {key} "  # noqa: S608
        f"FROM {table} AS stored FULL JOIN {recount} AS recounted USING ({key}) "
        f"WHERE stored.{keys[0]} IS NULL OR recounted.{keys[0]} IS NULL "
        f"OR ({', '.join(f'stored.{one}' for one in values)}) "
        f"IS DISTINCT FROM ({', '.join(f'recounted.{one}' for one in values)})"
    )
    differing: int = cursor.execute(f"SELECT count(DISTINCT ({key})) FROM difference").fetchall()[0][0]  # noqa: S608
    found = _list_differences(cursor, grain, ", ".join(columns), recount) if differing else []
    cursor.execute("DROP TABLE difference")
    return compared, differing, found


def _list_differences(cursor: psycopg.Cursor[Any], grain: str, columns: str, recount: str) -> list[Difference]:
    """Return the first of the measures that differ, of the keys in the table `difference`."""
    table, _, keys = MEASURES[grain]
    key = ", ".join(keys)
    with cursor.connection.cursor(row_factory=dict_row) as named:
        named.execute(
            f"WITH differing AS (SELECT DISTINCT {key} FROM difference ORDER BY {key} LIMIT %s) "  # noqa: S608
            f"SELECT true AS stored, {columns} FROM {table} JOIN differing USING ({key}) "
            f"UNION ALL SELECT false, {columns} FROM {recount} JOIN differing USING ({key}) ORDER BY {key}, stored",
            (LISTED,),
        )
        return list(_measures_that_differ(grain, keys, named.fetchall()))[:LISTED]


def _measures_that_differ(grain: str, keys: Sequence[str], rows: list[dict[str, Any]]) -> Iterator[Difference]:
    for _, group in groupby(rows, key=itemgetter(*keys)):
        sides = {row["stored"]: row for row in group}
        stored, recounted = sides.get(True, {}), sides.get(False, {})
        either = stored or recounted
        key = {name: either[name] for name in keys}
        for measure in sorted(either.keys() - {*keys, "stored"}):
            before, after = stored.get(measure), recounted.get(measure)
            if before != after and (before or after):
                yield Difference(grain, key | {"measure": measure}, before, after)


def verify(connection: psycopg.Connection[Any]) -> Verdict:
    """Compare every counter of every grain, and every measure, with a recount; take up first what waits.

    Raises psycopg.errors.SerializationFailure if other workers take up what is new again and again meanwhile.
    """
    before = connection.isolation_level
    for attempt in range(ATTEMPTS):
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            verdict = _verify(connection)
        except psycopg.errors.SerializationFailure:
            if attempt == ATTEMPTS - 1:
                raise
            continue
        finally:
            connection.isolation_level = before
        if verdict is not None:
            return verdict
        recount(connection)
    raise psycopg.errors.SerializationFailure("mergers or rules changed again and again")


def _verify(connection: psycopg.Connection[Any]) -> Verdict | None:
    """Return the verdict, None if the measures must be counted from nothing first."""
    compared: dict[str, int] = {}
    differing: dict[str, int] = {}
    differences: list[Difference] = []
    with connection.transaction(), connection.cursor() as cursor:
        # Before the snapshot: a rebuild empties its tables for everybody at once, snapshots or not.
        cursor.execute(HOLD_REBUILDS)
        cursor.execute(HOLD_LADDER)
        state = read_state(cursor, "FOR UPDATE OF known")
        if state is None or state.needs_recount:
            return None
        take_up(cursor, state)
        cursor.execute("SET LOCAL work_mem = '256MB'")
        moves = cursor.execute("SELECT count(*) FROM core.move").fetchall()[0][0]
        recounts = _Recounts(cursor)
        for view in READ_BY_SEVERAL:
            recounts.compute(view)
        for grain in GRAINS:
            compared[grain], differing[grain], found = _compare(cursor, grain, recounts)
            differences += found
        for grain in MEASURES:
            compared[grain], differing[grain], found = _compare_measures(cursor, grain, recounts)
            differences += found
        late = waiting(cursor, state.upto).facts
    return Verdict(state.as_of, moves, compared, differing, differences, late)


AS_OF = """
SELECT to_char(effect_month, 'YYYY-MM') AS month, direction, sum(delta)::integer AS n
FROM core.fact JOIN core.flow USING (flow) WHERE received_on <= %s
GROUP BY 1, 2 HAVING sum(delta) <> 0 ORDER BY 1, 2
"""


def recount_as_of(connection: psycopg.Connection[Any], day: date) -> list[tuple[str, str, int]]:
    """Return (month, direction, moves) as they were known at the end of a day of receipt."""
    return connection.execute(AS_OF, (day,)).fetchall()
