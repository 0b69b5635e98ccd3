"""Prove the counters: recount them from the ledger and compare every row of every grain.

One REPEATABLE READ snapshot: the proof holds on a live system, beside running workers.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

GRAINS = {
    "daily": ("core.daily_total", "core.daily_recount", ("cell_id", "day", "flow", "landlord")),
    "monthly": ("core.monthly_counter", "core.monthly_recount", ("territory_id", "month", "flow", "landlord")),
    "rolling": (
        "core.rolling_counter",
        "core.rolling_recount",
        ("territory_id", "window_days", "flow", "landlord"),
    ),
    "facts": (
        "core.fact_total",
        "core.fact_recount",
        ("effect_month", "cell_id", "flow", "tenancy_started_on", "landlord", "reason", "place", "rooms", "financing"),
    ),
    "stock": (
        "core.stock_counter",
        "core.stock_recount",
        ("territory_id", "landlord", "stock_on", "inside_qpv"),
    ),
}
LISTED = 20
HOLD_REBUILDS = (
    "LOCK TABLE core.daily_counter, core.monthly_counter, core.rolling_counter, core.stock_counter, "
    "core.cell_territory IN ACCESS SHARE MODE"
)


@dataclass(frozen=True)
class Difference:
    """One row that the counter and the recount do not agree on; None means no row."""

    grain: str
    key: dict[str, Any]
    counter: int | None
    recount: int | None


@dataclass(frozen=True)
class Verdict:
    """The result: how many rows were compared in each grain, and every difference (20 a grain at most)."""

    as_of: date
    moves: int
    compared: dict[str, int]
    differing: dict[str, int]
    differences: list[Difference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether every counter equals its recount."""
        return not any(self.differing.values())


def _compare(cursor: psycopg.Cursor[Any], grain: str) -> tuple[int, int, list[Difference]]:
    counter, recount, keys = GRAINS[grain]
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


def verify(connection: psycopg.Connection[Any]) -> Verdict:
    """Compare every counter of every grain with a recount of the ledger."""
    before = connection.isolation_level
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        return _verify(connection)
    finally:
        connection.isolation_level = before


def _verify(connection: psycopg.Connection[Any]) -> Verdict:
    compared: dict[str, int] = {}
    differing: dict[str, int] = {}
    differences: list[Difference] = []
    with connection.transaction(), connection.cursor() as cursor:
        # Before the snapshot: a rebuild empties its tables for everybody at once, snapshots or not.
        cursor.execute(HOLD_REBUILDS)
        cursor.execute("SET LOCAL work_mem = '256MB'")
        as_of = cursor.execute("SELECT as_of FROM core.window_state").fetchall()[0][0]
        moves = cursor.execute("SELECT count(*) FROM core.move").fetchall()[0][0]
        for grain in GRAINS:
            compared[grain], differing[grain], found = _compare(cursor, grain)
            differences += found
    return Verdict(as_of, moves, compared, differing, differences)


AS_OF = """
SELECT to_char(effect_month, 'YYYY-MM') AS month, direction, sum(delta)::integer AS n
FROM core.fact JOIN core.flow USING (flow) WHERE received_on <= %s
GROUP BY 1, 2 HAVING sum(delta) <> 0 ORDER BY 1, 2
"""


def recount_as_of(connection: psycopg.Connection[Any], day: date) -> list[tuple[str, str, int]]:
    """Return (month, direction, moves) as they were known at the end of a day of receipt."""
    return connection.execute(AS_OF, (day,)).fetchall()
