"""Stored survival of tenancies, from the stocks of 1 January and the departures of the years that are followed.

Invariant: `core.survival` is what `survival.observe` and what follows it make of `core.running_tenancies` and
`core.tenure_month` over the landlord-years of `core.followed_year`, for every part of every territory.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

import numpy as np
import psycopg
from scipy import sparse

from streams.measures.binary_rows import (
    FLAG,
    INTEGER,
    REAL,
    SMALL,
    Ints,
    Rows,
    integers,
    layout,
    read_rows,
    whole,
    write_rows,
)
from streams.measures.ladder import Group, membership, read_groups
from streams.measures.survival import OLDEST, LifeTable, Observed, all_cohorts, each_cohort, observe

ALL_COHORTS = "toutes"
TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS january_changed (landlord text NOT NULL, year smallint NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS followed_before ON COMMIT DELETE ROWS AS
    SELECT * FROM core.followed_year WITH NO DATA;
CREATE TEMP TABLE IF NOT EXISTS followed (LIKE followed_before) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS survival_touched (territory_id integer PRIMARY KEY) ON COMMIT DELETE ROWS;
TRUNCATE january_changed, followed_before, followed, survival_touched;
INSERT INTO followed_before TABLE core.followed_year;
"""
# The stocks of 1 January that are not those that were read.
FIND_JANUARIES = """
INSERT INTO january_changed
SELECT landlord, year FROM core.stock_of_january FULL JOIN core.january USING (landlord, year)
WHERE (stock_of_january.stock_on, stock_of_january.recorded_in) IS DISTINCT FROM (january.stock_on, january.recorded_in)
"""
_AGES = ", ".join(
    f"sum(coalesce((tenancies_by_start_year ->> (year - {age})::text)::integer, 0))::integer"
    for age in range(1, OLDEST + 1)
)
READ_JANUARIES = (
    "DELETE FROM core.january AS c USING january_changed AS d WHERE (c.landlord, c.year) = (d.landlord, d.year)",
    "INSERT INTO core.january SELECT landlord, year, stock_on, recorded_in "
    "FROM core.stock_of_january JOIN january_changed USING (landlord, year)",
    "DELETE FROM core.running_tenancies AS c USING january_changed AS d "
    "WHERE (c.landlord, c.year) = (d.landlord, d.year)",
    f"INSERT INTO core.running_tenancies (landlord, year, cell_id, by_age) "  # noqa: S608
    f"SELECT landlord, year, cell_id, ARRAY[{_AGES}] "
    "FROM core.stock_of_january JOIN january_changed USING (landlord, year) "
    "JOIN core.stock_cell USING (landlord, stock_on) GROUP BY 1, 2, 3",
)
# What a refresh left: streams/measures/linked.py and streams/measures/statements.py.
CHANGED_LANDLORDS = """
SELECT landlord FROM january_changed UNION SELECT landlord FROM covering_new UNION SELECT landlord FROM covering_gone
UNION SELECT landlord FROM linked_change WHERE measure = 'tenures'
UNION SELECT landlord FROM cell_change WHERE departures <> 0
"""
ADD_DEPARTURES = """
INSERT INTO core.landlord_departures AS c (landlord, year, departures, known_departures)
SELECT landlord, extract(year FROM month), sum(departures), sum(known)
FROM (SELECT landlord, month, departures, 0 AS known FROM cell_change WHERE departures <> 0
      UNION ALL SELECT landlord, month, 0, n FROM linked_change WHERE measure = 'tenures') AS one
GROUP BY 1, 2
ON CONFLICT (landlord, year) DO UPDATE SET departures = c.departures + excluded.departures,
    known_departures = c.known_departures + excluded.known_departures
"""
FORGET_YEARS = "DELETE FROM core.landlord_year WHERE landlord = ANY (%s)"
COUNT_YEARS = """
INSERT INTO core.landlord_year SELECT landlord, year, unit, declared_whole, declared_qpv, january
FROM core.landlord_year_recount WHERE landlord = ANY (%s)
"""
COUNT_ALL_YEARS = (
    "INSERT INTO core.landlord_departures SELECT landlord, year, departures, known_departures "
    "FROM core.landlord_departures_recount",
    "INSERT INTO core.landlord_year SELECT landlord, year, unit, declared_whole, declared_qpv, january "
    "FROM core.landlord_year_recount",
)
# Once for all that reads it, its size known: a plan that takes it for a row or two reads every tenure for each of them.
FIND_FOLLOWED = ("INSERT INTO followed TABLE core.followed_year", "ANALYZE followed")
TOUCH = """
INSERT INTO survival_touched
SELECT DISTINCT territory_id FROM core.cell_part JOIN (
    SELECT cell_id FROM core.running_tenancies JOIN (
        SELECT landlord FROM january_changed
        UNION SELECT landlord FROM (TABLE followed_before EXCEPT TABLE followed) AS gone
        UNION SELECT landlord FROM (TABLE followed EXCEPT TABLE followed_before) AS fresh) AS one
        USING (landlord)
    UNION SELECT cell_id FROM linked_change AS change JOIN followed AS year
        ON year.landlord = change.landlord AND year.year = extract(year FROM month)
    WHERE measure = 'tenures') AS cells USING (cell_id)
"""
TOUCH_ALL = "INSERT INTO survival_touched SELECT DISTINCT territory_id FROM core.cell_territory"
# Of a followed year, and of the January that ends one: those of age 1 then began in it.
RUNNING: LiteralString = """
SELECT cell_id, running.year::integer, own.landlord IS NOT NULL AND own.qpv, own.landlord IS NOT NULL AND own.whole,
    ended.landlord IS NOT NULL AND ended.qpv, ended.landlord IS NOT NULL AND ended.whole, by_age
FROM core.running_tenancies AS running
LEFT JOIN followed AS own ON own.landlord = running.landlord AND own.year = running.year
LEFT JOIN followed AS ended ON ended.landlord = running.landlord AND ended.year = running.year - 1 AND ended.followed
WHERE (own.landlord IS NOT NULL OR ended.landlord IS NOT NULL)
    AND cell_id IN (SELECT cell_id FROM core.cell_territory JOIN survival_touched USING (territory_id))
"""
# A tenancy that began in the year itself is at risk only if the next stock tells of those that stayed.
EXITS: LiteralString = """
SELECT cell_id, year::integer, began, sum(n)::integer, qpv, whole
FROM (SELECT cell_id, year, n, qpv, whole, followed.followed,
          ((date_part('year', month) * 12 + date_part('month', month) - 1)::integer - tenure_months) / 12 AS began
      FROM core.tenure_month
      JOIN followed ON followed.landlord = tenure_month.landlord AND year = date_part('year', month)::smallint
      WHERE cell_id IN (SELECT cell_id FROM core.cell_territory JOIN survival_touched USING (territory_id))
     ) AS left_after
WHERE began < year OR followed
GROUP BY 1, 2, 3, 5, 6
"""
EXITS_ROW = layout(*((name, INTEGER) for name in ("cell", "year", "began", "n")), ("qpv", FLAG), ("whole", FLAG))
RUNNING_ROW = layout(
    ("cell", INTEGER),
    ("year", INTEGER),
    *((name, FLAG) for name in ("qpv", "whole", "ended_qpv", "ended_whole")),
    ("by_age", integers(OLDEST)),
)
FORGET = "DELETE FROM core.survival WHERE territory_id IN (SELECT territory_id FROM survival_touched)"


def refresh_survival(cursor: psycopg.Cursor[Any]) -> None:
    """Renew the survival that a refresh changed, in its transaction, once all else is taken up."""
    cursor.execute(TEMPORARY_TABLES)
    _read_januaries(cursor)
    landlords = [landlord for (landlord,) in cursor.execute(CHANGED_LANDLORDS).fetchall()]
    if not landlords:
        return
    cursor.execute(ADD_DEPARTURES)
    cursor.execute(FORGET_YEARS, (landlords,))
    cursor.execute(COUNT_YEARS, (landlords,))
    _find_followed(cursor)
    cursor.execute(TOUCH)
    _renew(cursor)


def recount_survival(cursor: psycopg.Cursor[Any]) -> None:
    """Compute all of it again, stocks included."""
    cursor.execute("TRUNCATE core.january, core.running_tenancies, core.landlord_departures, core.landlord_year")
    cursor.execute("DELETE FROM core.survival")
    cursor.execute(TEMPORARY_TABLES)
    _read_januaries(cursor)
    for statement in COUNT_ALL_YEARS:
        cursor.execute(statement)
    cursor.execute("ANALYZE core.running_tenancies, core.landlord_departures, core.landlord_year")
    _find_followed(cursor)
    cursor.execute(TOUCH_ALL)
    _renew(cursor)


def _read_januaries(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute(FIND_JANUARIES)
    if cursor.rowcount:
        for statement in READ_JANUARIES:
            cursor.execute(statement)


def _find_followed(cursor: psycopg.Cursor[Any]) -> None:
    for statement in FIND_FOLLOWED:
        cursor.execute(statement)


class _Years(NamedTuple):
    """The years that are followed: the first, and how many."""

    first: int
    length: int


def _renew(cursor: psycopg.Cursor[Any]) -> None:
    territories = [territory for (territory,) in cursor.execute("TABLE survival_touched").fetchall()]
    first, last = cursor.execute("SELECT min(year), max(year) FROM followed").fetchall()[0]
    if not territories:
        return
    cursor.execute("ANALYZE survival_touched")
    cursor.execute(FORGET)
    if first is None:
        return
    years = _Years(first, last - first + 1)
    groups = read_groups(cursor, sorted(territories))
    running, following = _running(read_rows(cursor, RUNNING, RUNNING_ROW), groups, years)
    exits = _exits(read_rows(cursor, EXITS, EXITS_ROW), groups, years)
    _write(cursor, groups, years, observe(running, exits, following))


def _running(rows: Rows, groups: Sequence[Group], years: _Years) -> tuple[Ints, Ints]:
    """Return the tenancies on 1 January by group, year and age, and by group and year those that began in the year."""
    by_age = np.zeros((rows.size, OLDEST + 1), dtype=np.int64)
    by_age[:, 1:] = rows["by_age"]["items"]["n"]
    year = whole(rows["year"]) - years.first
    own, ended = (
        _by_group(rows["cell"], year - late, values, (rows[f"{of}qpv"], rows[f"{of}whole"]), groups, years)
        for of, late, values in (("", 0, by_age), ("ended_", 1, by_age[:, 1:2]))
    )
    return own, ended[..., 0]


def _exits(rows: Rows, groups: Sequence[Group], years: _Years) -> Ints:
    """Return the tenancies that ended, by group, year and age, of the shape (groups, years, OLDEST + 1)."""
    year = whole(rows["year"])
    age = year - whole(rows["began"])
    kept = (age >= 0) & (age <= OLDEST)
    rows, year, age = rows[kept], year[kept], age[kept]
    by_age = sparse.csr_array((whole(rows["n"]), (np.arange(rows.size), age)), (rows.size, OLDEST + 1))
    return _by_group(rows["cell"], year - years.first, by_age, (rows["qpv"], rows["whole"]), groups, years)


def _by_group(
    cell: Rows, year: Ints, values: Any, declared: tuple[Rows, Rows], groups: Sequence[Group], years: _Years
) -> Ints:
    """Return the sums of rows of values by group and year; `declared`: for parts of quartiers, and for the others."""
    ages = values.shape[1]
    sums = np.zeros((len(groups), years.length * ages), dtype=np.int64)
    cells, place = np.unique(whole(cell), return_inverse=True)
    for of_quartiers, counts in zip((True, False), declared, strict=True):
        at = np.flatnonzero(counts)
        slot = place[at] * years.length + year[at]
        to_slots = sparse.csr_array(
            (np.ones(at.size, dtype=np.int64), (slot, at)), (cells.size * years.length, counts.size)
        )
        by_cell = to_slots @ values
        by_cell = by_cell.toarray() if sparse.issparse(by_cell) else by_cell
        some = np.flatnonzero([group.of_quartiers is of_quartiers for group in groups])
        within = membership([groups[one] for one in some.tolist()], cells)
        sums[some] = within @ by_cell.reshape(cells.size, years.length * ages)
    return sums.reshape(len(groups), years.length, ages)


def _write(cursor: psycopg.Cursor[Any], groups: Sequence[Group], years: _Years, observed: Observed) -> None:
    """Write the curves of all tenancies and of each cohort, as far as they go."""
    pooled, cohorts = all_cohorts(observed), each_cohort(observed)
    began = np.arange(years.first, years.first + years.length).astype("S4")
    for part in sorted({group.part for group in groups}):
        some = np.flatnonzero([group.part == part for group in groups])
        territories = np.array([group.territory_id for group in groups if group.part == part])
        _write_curves(cursor, part, np.array([ALL_COHORTS.encode()]), territories, pooled.take((some, None)))
        _write_curves(cursor, part, began, territories, cohorts.take(some))


def _write_curves(cursor: psycopg.Cursor[Any], part: str, cohorts: Rows, territories: Ints, curves: LifeTable) -> None:
    """Append curves of the shape (territories, cohorts, ages); in one COPY bounds are there, or are not."""
    bounded = ~np.isnan(curves.lower)
    for with_bounds in (True, False):
        which, cohort, age = at = np.nonzero(~np.isnan(curves.survival) & (bounded == with_bounds))
        names = ("survival", "lower", "upper") if with_bounds else ("survival",)
        write_rows(
            cursor,
            f"core.survival (territory_id, part, cohort, age_years, at_risk, exits, {', '.join(names)})",
            which.size,
            territory=(INTEGER, territories[which]),
            part=(f"S{len(part)}", part.encode()),
            cohort=(cohorts.dtype.str, cohorts[cohort]),
            age=(SMALL, age),
            at_risk=(INTEGER, curves.at_risk[at]),
            exits=(INTEGER, curves.exits[at]),
            **{name: (REAL, getattr(curves, name)[at]) for name in names},
        )
