"""Stored medians: days between two tenants, and months of tenure of those who left, over 12 declared months.

Invariant: `core.median_window` holds, for each month in which somebody has declared a part of a territory, the medians
of the 12 months that end with it, of declared landlord-months only. Where nothing is counted there is no row.
"""

from datetime import date
from math import isnan
from typing import Any, LiteralString

import numpy as np
import psycopg

from streams.measures.binary_rows import FLAG, INTEGER, layout, read_rows, whole
from streams.measures.ladder import read_groups, rows_of
from streams.measures.medians import WINDOW, Medians, window_medians
from streams.measures.occupancy import months_of

TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS median_touched (
    territory_id integer NOT NULL, part text NOT NULL, since date NOT NULL, PRIMARY KEY (territory_id, part)
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS median_new (LIKE core.median_window) ON COMMIT DELETE ROWS;
TRUNCATE median_touched, median_new;
"""
# By the changes of the linked measures, and by those of what covers a month (streams/measures/statements.py).
TOUCH_CHANGED = """
INSERT INTO median_touched
SELECT territory_id, part, min(month)
FROM (SELECT cell_id, month FROM linked_change WHERE measure IN ('voids', 'tenures')
      UNION SELECT cell_id, month FROM core.cell_month JOIN covering_new USING (landlord, month)
      UNION SELECT cell_id, month FROM core.cell_month JOIN covering_gone USING (landlord, month)) AS changed
JOIN core.cell_part USING (cell_id) GROUP BY 1, 2
"""
TOUCH_ALL = """
INSERT INTO median_touched
SELECT DISTINCT territory_id, part, since
FROM core.cell_part, (SELECT min(month) AS since FROM core.landlord_month) AS first WHERE since IS NOT NULL
"""
FORGET = """
DELETE FROM core.median_window AS c USING median_touched AS touched
WHERE c.territory_id = touched.territory_id AND c.part = touched.part AND c.month >= since
"""
KEEP = """
INSERT INTO core.median_window
SELECT fresh.* FROM median_new AS fresh JOIN core.observed_month USING (territory_id, part, month) WHERE dwellings > 0
"""
COLUMNS = "territory_id, part, month, measure, n, median, lower, upper, q1, q3"

VOIDS = """
SELECT cell_id, month, days, n, declared_qpv, declared_whole AND whole
FROM core.void_month JOIN core.landlord_month USING (landlord, month)
WHERE (declared_qpv OR declared_whole AND whole)
    AND month > (SELECT min(since) FROM median_touched) - interval '12 months'
    AND cell_id IN (SELECT cell_id FROM core.cell_part JOIN median_touched USING (territory_id, part))
ORDER BY cell_id
"""
TENURES = """
SELECT cell_id, month, tenure_months, n, declared_qpv, declared_whole AND whole
FROM core.tenure_month JOIN core.landlord_month USING (landlord, month)
WHERE (declared_qpv OR declared_whole AND whole)
    AND month > (SELECT min(since) FROM median_touched) - interval '12 months'
    AND cell_id IN (SELECT cell_id FROM core.cell_part JOIN median_touched USING (territory_id, part))
ORDER BY cell_id
"""
DISTRIBUTIONS: tuple[tuple[str, LiteralString], ...] = (("void_days", VOIDS), ("tenure_months", TENURES))
ROW = layout(
    *((name, INTEGER) for name in ("cell", "day", "value", "n")), ("declared_qpv", FLAG), ("declared_whole", FLAG)
)


def refresh_medians(cursor: psycopg.Cursor[Any]) -> None:
    """Renew the medians that a refresh changed: in its transaction, once `core.observed_month` is up to date.

    Reads what it left in `linked_change`, `covering_new` and `covering_gone`.
    """
    cursor.execute(TEMPORARY_TABLES)
    cursor.execute(TOUCH_CHANGED)
    _renew(cursor)


def recount_medians(cursor: psycopg.Cursor[Any]) -> None:
    """Compute every median again."""
    cursor.execute(TEMPORARY_TABLES)
    cursor.execute("TRUNCATE core.median_window")
    cursor.execute(TOUCH_ALL)
    _renew(cursor)


def _renew(cursor: psycopg.Cursor[Any]) -> None:
    touched = cursor.execute("SELECT territory_id, part, since FROM median_touched").fetchall()
    if not touched:
        return
    cursor.execute("ANALYZE median_touched")
    since = {(territory, part): _number(first) for territory, part, first in touched}
    groups = read_groups(cursor, sorted({territory for territory, *_ in touched}))
    groups = [group for group in groups if (group.territory_id, group.part) in since]
    last = _number(cursor.execute("SELECT max(month) FROM core.landlord_month").fetchall()[0][0])
    for measure, query in DISTRIBUTIONS:
        rows = read_rows(cursor, query, ROW)
        month, value, n = months_of(whole(rows["day"])), whole(rows["value"]), whole(rows["n"])
        with cursor.copy(f"COPY median_new ({COLUMNS}) FROM STDIN") as copy:
            for group, positions in rows_of(groups, whole(rows["cell"])):
                first = since[group.territory_id, group.part]
                at = positions[rows["declared_qpv" if group.of_quartiers else "declared_whole"][positions]]
                at = at[month[at] > first - WINDOW]
                found = window_medians(month[at] - first, value[at], n[at], months=last - first + 1)
                _write(copy, (group.territory_id, group.part), measure, first, found)
    cursor.execute(FORGET)
    cursor.execute(KEEP)


def _write(copy: psycopg.Copy, key: tuple[int, str], measure: str, first: int, found: Medians) -> None:
    rows = np.flatnonzero(found.n)
    columns = [column[rows].tolist() for column in found]
    for row, n, *figures in zip(rows.tolist(), *columns, strict=True):
        known = [None if isnan(one) else one for one in figures]
        copy.write_row((*key, _first_day(first + row), measure, n, *known))


def _number(month: date) -> int:
    return (month.year - 2000) * 12 + month.month - 1


def _first_day(number: int) -> date:
    return date(2000 + number // 12, number % 12 + 1, 1)
