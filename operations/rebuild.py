"""Recompute every counter from the ledger: for new QPV tables, or to mend what `verify` found.

What a move counts as is taken from the code lists again: a class that a release changed is mended here, and the
facts get the difference, from today on.

Alone: batches wait at the gate, the midnight roll at the window's row. Moves keep the codes that they carry;
what changes with new territory tables is the ladder above each cell, and with it every counter by territory.
Tables, ladder and counters change in one transaction, so that the counters equal a recount before and after.
"""

from collections.abc import Callable
from typing import Any

import psycopg

from operations.reference import load_reference
from schemas.territories import Territories
from streams.ingest.commit import GATE
from streams.measures.refresh import recount_held

STEPS = (
    (
        "mouvements reclassés",
        "CREATE TEMP TABLE reclassified ON COMMIT DROP AS "
        "SELECT landlord, move_id, move.flow AS old_flow, counted.flow AS new_flow "
        "FROM core.move LEFT JOIN core.counted_move AS counted USING (landlord, move_id) "
        "WHERE move.flow IS DISTINCT FROM counted.flow",
    ),
    (
        "faits",
        "INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, tenancy_started_on, landlord, reason, "
        "place, rooms, financing) "
        "SELECT (now() AT TIME ZONE 'Europe/Paris')::date, date_trunc('month', effective_on), cell_id, change.flow, "
        "change.delta, tenancy_started_on, landlord, reason, place, rooms, financing "
        "FROM reclassified JOIN core.move USING (landlord, move_id) "
        "CROSS JOIN LATERAL (VALUES (old_flow, -1), (new_flow, 1)) AS change (flow, delta) "
        "WHERE change.flow IS NOT NULL",
    ),
    (
        "mouvements reclassés",
        "UPDATE core.move SET flow = new_flow FROM reclassified AS r "
        "WHERE (move.landlord, move.move_id) = (r.landlord, r.move_id)",
    ),
    (
        "comptes reclassés",
        "INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, landlord, reason, place, rooms) "
        "SELECT (now() AT TIME ZONE 'Europe/Paris')::date, month, cell_id, change.flow, change.delta, landlord, "
        "reason, 'unknown', 'unknown' FROM core.counted_count AS c "
        "CROSS JOIN LATERAL (VALUES (old_flow, -n), (c.flow, n)) AS change (flow, delta) WHERE c.flow <> old_flow",
    ),
    (
        "comptes reclassés",
        "UPDATE core.counts_cell AS kept SET flow = c.flow FROM core.counted_count AS c "
        "WHERE (kept.landlord, kept.month, kept.cell_id, kept.flow, kept.reason) "
        "= (c.landlord, c.month, c.cell_id, c.old_flow, c.reason) AND c.flow <> c.old_flow",
    ),
    (
        "base reclassée",
        "INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, tenancy_started_on, landlord, reason, "
        "place, rooms, financing) "
        "SELECT (now() AT TIME ZONE 'Europe/Paris')::date, date_trunc('month', day), cell_id, change.flow, "
        "change.delta, tenancy_started_on, landlord, reason, place, rooms, financing FROM core.counted_folded AS f "
        "CROSS JOIN LATERAL (VALUES (old_flow, -n), (f.flow, n)) AS change (flow, delta) WHERE f.flow <> old_flow",
    ),
    (
        "base reclassée",
        "UPDATE core.folded AS kept SET flow = f.flow FROM core.counted_folded AS f "
        "WHERE (kept.landlord, kept.cell_id, kept.day, kept.flow, kept.reason, kept.place, kept.rooms) "
        "= (f.landlord, f.cell_id, f.day, f.old_flow, f.reason, f.place, f.rooms) "
        "AND (kept.tenancy_started_on, kept.financing) IS NOT DISTINCT FROM (f.tenancy_started_on, f.financing) "
        "AND f.flow <> f.old_flow",
    ),
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
LADDER_CHANGED = """
SELECT EXISTS (
    (TABLE core.cell_ladder EXCEPT TABLE core.cell_territory)
    UNION ALL (TABLE core.cell_territory EXCEPT TABLE core.cell_ladder))
"""


def rebuild(connection: psycopg.Connection[Any], territories: Territories | None = None) -> dict[str, int]:
    """Recount every grain, in one transaction; return the rows of each. Facts are only ever added to.

    With `territories` (role `migrator`), their tables are written first, in the same transaction.
    """
    with connection.transaction(), connection.cursor() as cursor:
        _hold_everything(cursor)
        if territories is not None:
            load_reference(connection, territories)
        return _recount(cursor)


def renew_territories(connection: psycopg.Connection[Any], territories: Territories) -> dict[str, int]:
    """Write the tables of territories and classes, and recount if that changed a known cell's ladder or a class.

    Returns the rows of each grain, nothing if there was nothing to recount.
    """
    with connection.transaction(), connection.cursor() as cursor:
        _hold_everything(cursor)
        classes_changed = load_reference(connection, territories)
        if not classes_changed and not cursor.execute(LADDER_CHANGED).fetchall()[0][0]:
            return {}
        return _recount(cursor)


def rebuild_after(connection: psycopg.Connection[Any], change: Callable[[psycopg.Cursor[Any]], None]) -> None:
    """Let `change` write what the ladder hangs on, and recount every grain, in one transaction (role `migrator`)."""
    with connection.transaction(), connection.cursor() as cursor:
        _hold_everything(cursor)
        change(cursor)
        _recount(cursor)


def _hold_everything(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))
    cursor.execute("SELECT FROM core.window_state FOR UPDATE")
    cursor.execute("SET LOCAL work_mem = '256MB'")


def _recount(cursor: psycopg.Cursor[Any]) -> dict[str, int]:
    written: dict[str, int] = {}
    for grain, statement in STEPS:
        cursor.execute(statement)
        written[grain] = cursor.rowcount
    written["mesures par lieu"] = recount_held(cursor).facts
    return written
