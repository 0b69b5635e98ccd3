"""Recompute every counter from the ledger: for new QPV tables, or to mend what `verify` found.

Alone: batches wait at the gate, the midnight roll at the window's row. Moves keep the codes that they carry;
what changes with new territory tables is the ladder above each cell.
"""

from typing import Any

import psycopg

from streams.ingest.commit import GATE

STEPS = (
    ("échelle des territoires", "TRUNCATE core.cell_territory"),
    ("échelle des territoires", "INSERT INTO core.cell_territory SELECT * FROM core.cell_ladder"),
    (
        "compteurs quotidiens",
        "TRUNCATE core.daily_counter, core.monthly_counter, core.rolling_counter, core.stock_counter",
    ),
    (
        "compteurs quotidiens",
        "INSERT INTO core.daily_counter (cell_id, day, flow, n, landlord) "
        "SELECT cell_id, day, flow, n, landlord FROM core.daily_recount ORDER BY 1, 2, 3, 5",
    ),
    (
        "compteurs mensuels",
        "INSERT INTO core.monthly_counter (territory_id, month, flow, n, landlord) "
        "SELECT territory_id, month, flow, n, landlord FROM core.monthly_recount ORDER BY 1, 5, 2, 3",
    ),
    (
        "fenêtres glissantes",
        "INSERT INTO core.rolling_counter (territory_id, window_days, flow, n, landlord) "
        "SELECT territory_id, window_days, flow, n, landlord FROM core.rolling_recount ORDER BY 1, 2, 3, 5",
    ),
    (
        "parcs",
        "INSERT INTO core.stock_counter (territory_id, landlord, stock_on, inside_qpv, dwellings) "
        "SELECT territory_id, landlord, stock_on, inside_qpv, dwellings FROM core.stock_recount",
    ),
)


def rebuild(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Recount every grain but the facts, in one transaction; return the rows of each."""
    written: dict[str, int] = {}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))
        cursor.execute("SELECT FROM core.window_state FOR UPDATE")
        cursor.execute("SET LOCAL work_mem = '256MB'")
        for grain, statement in STEPS:
            cursor.execute(statement)
            written[grain] = cursor.rowcount
    return written
