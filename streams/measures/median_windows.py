"""Stored medians: days between two tenants, and months of tenure of those who left, over 12 declared months.

Invariant: `core.median_window` holds, for each month in which somebody has declared a part of a territory, the medians
of the 12 months that end with it, of declared landlord-months only. Where nothing is counted there is no row.
"""

from collections.abc import Callable
from typing import Any, LiteralString

import numpy as np
import psycopg

from streams.measures.binary_rows import FLAG, INTEGER, REAL, Ints, Rows, layout, read_rows, whole, written_meanwhile
from streams.measures.ladder import Group, read_groups, rows_of
from streams.measures.medians import Histogram, Medians, window_medians
from streams.measures.occupancy import months_of

PARTS = ("all", "hors_qpv", "non_localise", "qpv")
MEASURES: tuple[tuple[str, LiteralString, LiteralString], ...] = (
    ("void_days", "core.void_month", "days"),
    ("tenure_months", "core.tenure_month", "tenure_months"),
)
"""What `core.median_window` calls them, where they are counted by cell and month, and in which column."""
ROWS_AT_ONCE = 8_192
"""So that what a lot is counted into stays in the processor's cache: some megabytes."""

LOTS_AT_ONCE = 64
"""That are written together."""

TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS median_touched (
    territory_id integer NOT NULL, part text NOT NULL, measure text NOT NULL, month date NOT NULL
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS median_source (
    cell_id integer NOT NULL, since date NOT NULL, until date NOT NULL
) ON COMMIT DELETE ROWS;
TRUNCATE median_touched;
"""
# A value is in the windows that end with its month and the eleven after it. It changes with the linked measures, and
# comes or goes with the declaration of its landlord-month; a window is shown as soon as some dwelling is declared.
TOUCH = """
INSERT INTO median_touched
SELECT DISTINCT territory_id, part, measure, (month + after * interval '1 month')::date
FROM (
    SELECT territory_id, part, CASE measure WHEN 'voids' THEN 'void_days' ELSE 'tenure_months' END AS measure, month
    FROM (SELECT DISTINCT cell_id, month, measure FROM linked_change WHERE measure IN ('voids', 'tenures')) AS counted
    JOIN core.cell_part USING (cell_id) GROUP BY 1, 2, 3, 4
    UNION
    SELECT territory_id, part, measure, month
    FROM (SELECT landlord, month, coalesce(fresh.declared_qpv, false) <> coalesce(gone.declared_qpv, false) AS qpv,
              coalesce(fresh.declared_whole AND fresh.whole, false)
                  <> coalesce(gone.declared_whole AND gone.whole, false) AS whole
          FROM covering_new AS fresh FULL JOIN covering_gone AS gone USING (landlord, month)) AS declared
    JOIN core.cell_month USING (landlord, month)
    JOIN core.cell_part USING (cell_id)
    CROSS JOIN (VALUES ('void_days'), ('tenure_months')) AS measures (measure)
    WHERE CASE WHEN of_quartiers THEN qpv ELSE declared.whole END GROUP BY 1, 2, 3, 4
) AS changed
CROSS JOIN generate_series(0, 11) AS after
WHERE month + after * interval '1 month' <= (SELECT as_of FROM core.window_state)
UNION
SELECT territory_id, part, measure, month
FROM (SELECT territory_id, part, month, sum(dwellings) AS more FROM observed_change GROUP BY 1, 2, 3
      HAVING sum(dwellings) <> 0) AS housed
LEFT JOIN core.observed_month USING (territory_id, part, month)
CROSS JOIN (VALUES ('void_days'), ('tenure_months')) AS measures (measure)
WHERE (coalesce(dwellings, 0) > 0) <> (coalesce(dwellings, 0) - more > 0)
"""
FORGET = """
DELETE FROM core.median_window AS c USING median_touched AS touched
WHERE (c.territory_id, c.part, c.measure, c.month)
    = (touched.territory_id, touched.part, touched.measure, touched.month)
"""
# The months of which each cell is read: the twelve of each window.
FIND_SOURCES = """
INSERT INTO median_source
SELECT cell_id, lower(span), upper(span)
FROM (SELECT cell_id, range_agg(months) AS months
      FROM (SELECT territory_id, part, range_agg(
                daterange((month - interval '11 months')::date, (month + interval '1 month')::date)) AS months
            FROM median_touched WHERE measure = %s GROUP BY 1, 2) AS touched
      JOIN core.cell_part USING (territory_id, part) GROUP BY 1) AS read
CROSS JOIN LATERAL unnest(months) AS span
"""
WINDOWS: LiteralString = """
SELECT territory_id, array_position(ARRAY['all', 'hors_qpv', 'non_localise', 'qpv'], part)::integer - 1, month
FROM core.observed_month {touched} WHERE dwellings > 0
"""
TOUCHED: LiteralString = "JOIN (SELECT * FROM median_touched WHERE measure = '{measure}') AS one "
TOUCHED += "USING (territory_id, part, month)"
COUNTED: LiteralString = """
SELECT counted.cell_id, month, {value}, n, declared_qpv, declared_whole AND whole
FROM {table} AS counted JOIN core.landlord_month USING (landlord, month) {sources}
WHERE declared_qpv OR declared_whole AND whole
ORDER BY 1
"""
SOURCES: LiteralString = """
JOIN median_source AS source ON source.cell_id = counted.cell_id AND month >= since AND month < until
"""
COUNTED_ROW = layout(
    *((name, INTEGER) for name in ("cell", "day", "value", "n")), ("declared_qpv", FLAG), ("declared_whole", FLAG)
)
WINDOW_ROW = layout(*((name, INTEGER) for name in ("territory", "part", "day")))


def refresh_medians(cursor: psycopg.Cursor[Any]) -> None:
    """Renew the medians that a refresh changed: in its transaction, once `core.observed_month` is up to date.

    Reads what it left in `linked_change`, `covering_new`, `covering_gone` and `observed_change`.
    """
    cursor.execute(TEMPORARY_TABLES)
    cursor.execute(TOUCH)
    if not cursor.rowcount:
        return
    cursor.execute("ANALYZE median_touched")
    cursor.execute(FORGET)
    for measure, table, value in MEASURES:
        cursor.execute("TRUNCATE median_source")
        cursor.execute(FIND_SOURCES, (measure,))
        cursor.execute("ANALYZE median_source")
        windows = read_rows(cursor, WINDOWS.format(touched=TOUCHED.format(measure=measure)), WINDOW_ROW)
        counted = COUNTED.format(table=table, value=value, sources=SOURCES)
        _renew(cursor, measure, windows, read_rows(cursor, counted, COUNTED_ROW))


def recount_medians(cursor: psycopg.Cursor[Any]) -> None:
    """Compute every median again."""
    # Not emptied at once (TRUNCATE): dashboards read it meanwhile, and would wait.
    cursor.execute("DELETE FROM core.median_window")
    windows = read_rows(cursor, WINDOWS.format(touched=""), WINDOW_ROW)
    for measure, table, value in MEASURES:
        counted = COUNTED.format(table=table, value=value, sources="")
        _renew(cursor, measure, windows, read_rows(cursor, counted, COUNTED_ROW))


def _renew(cursor: psycopg.Cursor[Any], measure: str, windows: Rows, rows: Rows) -> None:
    """Write the medians of windows from the counts of their months, sorted by cell: none of theirs is there."""
    wanted = whole(windows["territory"]) * len(PARTS) + whole(windows["part"])
    ending = months_of(whole(windows["day"]))
    groups = _earliest_first(read_groups(cursor, np.unique(whole(windows["territory"])).tolist()), wanted, ending)
    place = {_number(group): at for at, group in enumerate(groups)}
    numbers, number = np.unique(wanted, return_inverse=True)
    owner = np.array([place[one] for one in numbers.tolist()], dtype=np.int64)[number]
    order = np.argsort(owner, kind="stable")
    owner, ending = owner[order], ending[order]
    month, value, n = months_of(whole(rows["day"])), whole(rows["value"]), whole(rows["n"])
    of_quartiers = np.array([group.of_quartiers for group in groups], dtype=np.bool_)
    numbers_of = np.array([_number(group) for group in groups], dtype=np.int64)
    with written_meanwhile(cursor) as write:
        found: list[tuple[Ints, Ints, Medians]] = []
        for some, group, position in rows_of(groups, whole(rows["cell"]), ROWS_AT_ONCE):
            declares = np.where(
                of_quartiers[some][group], rows["declared_qpv"][position], rows["declared_whole"][position]
            )
            at = position[declares]
            counted = Histogram(group[declares], month[at], value[at], n[at])
            theirs = slice(*np.searchsorted(owner, (some.start, some.stop)))
            medians = window_medians(counted, owner[theirs] - some.start, ending[theirs])
            found.append((numbers_of[owner[theirs]], ending[theirs], medians))
            if len(found) == LOTS_AT_ONCE:
                _write(write, measure, found)
                found = []
        _write(write, measure, found)


def _number(group: Group) -> int:
    return group.territory_id * len(PARTS) + PARTS.index(group.part)


def _earliest_first(groups: list[Group], wanted: Ints, ending: Ints) -> list[Group]:
    """Return the groups that are wanted, by the first month of theirs: those of a lot are counted over the same."""
    numbers, number = np.unique(wanted, return_inverse=True)
    first = np.full(numbers.size, np.iinfo(np.int64).max)
    np.minimum.at(first, number, ending)
    begins = dict(zip(numbers.tolist(), first.tolist(), strict=True))
    return sorted((group for group in groups if _number(group) in begins), key=lambda group: begins[_number(group)])


def _write(write: Callable[..., None], measure: str, found: list[tuple[Ints, Ints, Medians]]) -> None:
    """Append the medians of windows (part of a territory, last month) that have any.

    In one COPY a part's name is of one length, and bounds are there or are not.
    """
    if not found:
        return
    number, month = (np.concatenate([one[column] for one in found]) for column in (0, 1))
    medians = Medians(*(np.concatenate(column) for column in zip(*(one[2] for one in found), strict=True)))
    bounded = ~np.isnan(medians.lower)
    for code, part in enumerate(PARTS):
        for with_bounds in (True, False):
            at = np.flatnonzero((number % len(PARTS) == code) & (medians.n > 0) & (bounded == with_bounds))
            names = [name for name in Medians._fields[1:] if with_bounds or name not in ("lower", "upper")]
            write(
                f"core.median_window (territory_id, part, month, measure, n, {', '.join(names)})",
                at.size,
                territory=(INTEGER, number[at] // len(PARTS)),
                part=(f"S{len(part)}", part.encode()),
                month=(INTEGER, _days(month[at])),
                measure=(f"S{len(measure)}", measure.encode()),
                n=(INTEGER, medians.n[at]),
                **{name: (REAL, getattr(medians, name)[at]) for name in names},
            )


def _days(months: Ints) -> Ints:
    """Return the days from 1 January 2000 to the first of each month (numbered from January 2000)."""
    first = np.datetime64("2000-01", "M")
    return ((months.astype("timedelta64[M]") + first).astype("datetime64[D]") - first).astype(np.int64)
