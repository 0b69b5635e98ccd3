"""Stored medians: days between two tenants, and months of tenure of those who left, over 12 declared months.

Invariant: `core.median_window` holds, for each month in which somebody has declared a part of a territory, the medians
of the 12 months that end with it, of declared landlord-months only. Where nothing is counted there is no row.
"""

from datetime import date
from typing import Any, LiteralString

import numpy as np
import psycopg

from streams.measures.binary_rows import FLAG, INTEGER, REAL, Ints, layout, read_rows, whole, write_rows
from streams.measures.ladder import Group, read_groups, rows_of
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
SELECT territory_id, part, month, measure, n, median, nullif(lower, 'NaN'), nullif(upper, 'NaN'), q1, q3
FROM median_new JOIN core.observed_month USING (territory_id, part, month) WHERE dwellings > 0
"""
MEDIAN_NEW: LiteralString = "median_new (territory_id, part, month, measure, n, median, lower, upper, q1, q3)"

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
    # Not emptied at once (TRUNCATE): dashboards read it meanwhile, and would wait.
    cursor.execute("DELETE FROM core.median_window")
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
    latest = cursor.execute("SELECT max(month) FROM core.landlord_month").fetchall()[0][0]
    if latest is None:  # nobody has sent a stock yet
        return
    last = _number(latest)
    for measure, query in DISTRIBUTIONS:
        rows = read_rows(cursor, query, ROW)
        month, value, n = months_of(whole(rows["day"])), whole(rows["value"]), whole(rows["n"])
        found = []
        for group, positions in rows_of(groups, whole(rows["cell"])):
            first = since[group.territory_id, group.part]
            at = positions[rows["declared_qpv" if group.of_quartiers else "declared_whole"][positions]]
            at = at[month[at] > first - WINDOW]
            medians = window_medians(month[at] - first, value[at], n[at], months=last - first + 1)
            found.append((group, first, medians))
        _write(cursor, measure, found)
    cursor.execute(FORGET)
    cursor.execute(KEEP)


def _write(cursor: psycopg.Cursor[Any], measure: str, found: list[tuple[Group, int, Medians]]) -> None:
    """Write the medians of each group, from the month numbered by the integer on; parts are told one by one."""
    for part in sorted({group.part for group, *_ in found}):
        some = [one for one in found if one[0].part == part]
        windows = [np.flatnonzero(medians.n) for *_, medians in some]
        days = [_days(first + rows) for (_, first, _), rows in zip(some, windows, strict=True)]
        columns = [
            np.concatenate([column[rows] for column, rows in zip(name, windows, strict=True)])
            for name in zip(*(medians for *_, medians in some), strict=True)
        ]
        territories = np.repeat([group.territory_id for group, *_ in some], [rows.size for rows in windows])
        write_rows(
            cursor,
            MEDIAN_NEW,
            territories.size,
            territory=(INTEGER, territories),
            part=(f"S{len(part)}", part.encode()),
            month=(INTEGER, np.concatenate(days)),
            measure=(f"S{len(measure)}", measure.encode()),
            n=(INTEGER, columns[0]),
            **{name: (REAL, column) for name, column in zip(Medians._fields[1:], columns[1:], strict=True)},
        )


def _days(months: Ints) -> Ints:
    """Return the days from 1 January 2000 to the first of each month (numbered from January 2000)."""
    first = np.datetime64("2000-01", "M")
    return ((months.astype("timedelta64[M]") + first).astype("datetime64[D]") - first).astype(np.int64)


def _number(month: date) -> int:
    return (month.year - 2000) * 12 + month.month - 1
