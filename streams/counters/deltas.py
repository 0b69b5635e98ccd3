"""Apply a batch's signed deltas to every grain: facts, daily, monthly and rolling counters.

Invariant: each grain equals a recount of the ledger in every committed state. Rows are written in key
order, and the landlord is in every key, so that two workers never wait for each other in a circle.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import psycopg

TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS daily_delta (
    cell_id integer NOT NULL, day date NOT NULL, flow smallint NOT NULL, landlord text NOT NULL, n integer NOT NULL
) ON COMMIT DELETE ROWS;
"""

APPEND_FACTS = """
INSERT INTO core.fact (received_on, effect_month, cell_id, flow, delta, tenancy_started_on, landlord, reason, place,
    rooms, financing)
SELECT received_on, date_trunc('month', effective_on), cell_id, flow, delta, tenancy_started_on, landlord, reason,
    place, rooms, financing
FROM signed_delta
"""

COLLECT_DAILY = """
INSERT INTO daily_delta
SELECT cell_id, effective_on, flow, landlord, sum(delta) FROM signed_delta
GROUP BY 1, 2, 3, 4 HAVING sum(delta) <> 0
"""

ADD_DAILY = """
INSERT INTO core.daily_counter AS c (cell_id, day, flow, landlord, n)
SELECT cell_id, day, flow, landlord, n FROM daily_delta ORDER BY 1, 2, 3, 4
ON CONFLICT (cell_id, day, flow, landlord) DO UPDATE SET n = c.n + excluded.n
"""

ADD_MONTHLY = """
INSERT INTO core.monthly_counter AS c (territory_id, month, flow, landlord, n)
SELECT territory_id, month, flow, landlord, sum(n)
FROM (SELECT cell_id, date_trunc('month', day)::date AS month, flow, landlord, sum(n) AS n
      FROM daily_delta GROUP BY 1, 2, 3, 4) AS d
JOIN core.cell_territory USING (cell_id)
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 4, 2, 3
ON CONFLICT (territory_id, landlord, month, flow) DO UPDATE SET n = c.n + excluded.n
"""

ADD_ROLLING = """
INSERT INTO core.rolling_counter AS c (territory_id, window_days, flow, landlord, n)
SELECT territory_id, window_days, flow, landlord, sum(n)
FROM (SELECT cell_id, window_days, flow, landlord, sum(n) AS n
      FROM daily_delta JOIN core.rolling_window ON day > %(as_of)s - window_days AND day <= %(as_of)s
      GROUP BY 1, 2, 3, 4) AS d
JOIN core.cell_territory USING (cell_id)
GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4
ON CONFLICT (territory_id, window_days, flow, landlord) DO UPDATE SET n = c.n + excluded.n
"""

# A counter that came back to nought must leave no row: a recount would have none. Only where something was
# taken away can that be. OFFSET 0 keeps the planner from reading a whole counter for a few keys.
_DROP_ZEROS = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT zero.ctid FROM ({taken}) AS d
    CROSS JOIN LATERAL (SELECT ctid FROM {table} AS c WHERE c.n = 0 AND {same} OFFSET 0) AS zero))
"""
DROP_ZEROS = (
    _DROP_ZEROS.format(
        table="core.daily_counter",
        taken="SELECT * FROM daily_delta WHERE n < 0",
        same="(c.cell_id, c.day, c.flow, c.landlord) = (d.cell_id, d.day, d.flow, d.landlord)",
    ),
    _DROP_ZEROS.format(
        table="core.monthly_counter",
        taken="SELECT DISTINCT territory_id, date_trunc('month', day)::date AS month, flow, landlord "
        "FROM daily_delta JOIN core.cell_territory USING (cell_id) WHERE n < 0",
        same="(c.territory_id, c.landlord, c.month, c.flow) = (d.territory_id, d.landlord, d.month, d.flow)",
    ),
    _DROP_ZEROS.format(
        table="core.rolling_counter",
        taken="SELECT DISTINCT territory_id, window_days, flow, landlord FROM core.rolling_window, "
        "daily_delta JOIN core.cell_territory USING (cell_id) WHERE n < 0",
        same="(c.territory_id, c.window_days, c.flow, c.landlord) "
        "= (d.territory_id, d.window_days, d.flow, d.landlord)",
    ),
)


def hold_windows(cursor: psycopg.Cursor[Any]) -> date:
    """Return the day at which live windows end, held until the transaction ends: the roll waits for us."""
    cursor.execute("SELECT as_of FROM core.window_state FOR SHARE")
    row = cursor.fetchone()
    if row is None:
        raise LookupError("core.window_state has no row")
    as_of: date = row[0]
    return as_of


def apply_deltas(cursor: psycopg.Cursor[Any], as_of: date, *, corrections: bool) -> None:
    """Add `signed_delta` (see `streams.ledger.moves`) to every grain.

    `corrections` says whether old images were taken away: only then can a counter come back to nought.
    """
    cursor.execute(APPEND_FACTS)
    cursor.execute(COLLECT_DAILY)
    _add_up(cursor, as_of, corrections=corrections)


def apply_counts(cursor: psycopg.Cursor[Any], as_of: date, signed: Sequence[tuple[int, date, int, str, int]]) -> None:
    """Add signed counts (cell, day, flow, landlord, n) to every grain but the facts, which have them already."""
    total: Counter[tuple[int, date, int, str]] = Counter()
    for cell_id, day, flow, landlord, n in signed:
        total[cell_id, day, flow, landlord] += n
    cursor.execute("TRUNCATE daily_delta")
    with cursor.copy("COPY daily_delta (cell_id, day, flow, landlord, n) FROM STDIN") as copy:
        for key, n in total.items():
            if n:
                copy.write_row((*key, n))
    _add_up(cursor, as_of, corrections=any(n < 0 for n in total.values()))


def _add_up(cursor: psycopg.Cursor[Any], as_of: date, *, corrections: bool) -> None:
    cursor.execute(ADD_DAILY)
    cursor.execute(ADD_MONTHLY)
    cursor.execute(ADD_ROLLING, {"as_of": as_of})
    if corrections:
        for statement in DROP_ZEROS:
            cursor.execute(statement)
