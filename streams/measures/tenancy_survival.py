"""Stored survival of tenancies, from the stocks of 1 January and the departures of the years that are followed.

Invariant: `core.survival` is what `survival.observe` and what follows it make of `core.running_tenancies` and
`core.tenure_month` over the landlord-years of `core.followed_year`, for every part of every territory.
"""

from collections.abc import Sequence
from typing import Any, LiteralString, NamedTuple

import numpy as np
import psycopg

from streams.measures.binary_rows import FLAG, INTEGER, REAL, SMALL, Ints, Rows, layout, read_rows, whole, write_rows
from streams.measures.ladder import Group, membership, read_groups
from streams.measures.survival import OLDEST, LifeTable, Observed, all_cohorts, each_cohort, observe

ALL_COHORTS = "toutes"
TEMPORARY_TABLES = """
CREATE TEMP TABLE IF NOT EXISTS january_changed (landlord text NOT NULL, year smallint NOT NULL) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS followed_before ON COMMIT DELETE ROWS AS
    SELECT * FROM core.followed_year WITH NO DATA;
CREATE TEMP TABLE IF NOT EXISTS followed (LIKE followed_before) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS survival_touched (territory_id integer PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS survival_new (LIKE core.survival) ON COMMIT DELETE ROWS;
TRUNCATE january_changed, followed_before, followed, survival_touched, survival_new;
INSERT INTO followed_before TABLE core.followed_year;
"""
# The stocks of 1 January that are not those that were read.
FIND_JANUARIES = """
INSERT INTO january_changed
SELECT landlord, year FROM core.stock_of_january FULL JOIN core.january USING (landlord, year)
WHERE (stock_of_january.stock_on, stock_of_january.recorded_in) IS DISTINCT FROM (january.stock_on, january.recorded_in)
"""
READ_JANUARIES = (
    "DELETE FROM core.january AS c USING january_changed AS d WHERE (c.landlord, c.year) = (d.landlord, d.year)",
    "INSERT INTO core.january SELECT landlord, year, stock_on, recorded_in "
    "FROM core.stock_of_january JOIN january_changed USING (landlord, year)",
    "DELETE FROM core.running_tenancies AS c USING january_changed AS d "
    "WHERE (c.landlord, c.year) = (d.landlord, d.year)",
    "INSERT INTO core.running_tenancies (cell_id, year, start_year, n, landlord) "
    "SELECT cell_id, year, start_year, n, landlord FROM core.running_tenancies_recount "
    "JOIN january_changed USING (landlord, year)",
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
RUNNING: LiteralString = """
SELECT cell_id, year::integer, start_year::integer, n, qpv, whole
FROM core.running_tenancies JOIN followed USING (landlord, year)
WHERE start_year > 0 AND cell_id IN (SELECT cell_id FROM core.cell_territory JOIN survival_touched USING (territory_id))
"""
# Those that began in a year and run on 1 January of the next.
FOLLOWING: LiteralString = """
SELECT cell_id, start_year::integer, start_year::integer, n, qpv, whole
FROM core.running_tenancies AS running JOIN followed
    ON followed.landlord = running.landlord AND followed.year = start_year
WHERE running.year = start_year + 1 AND followed.followed
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
ROW = layout(*((name, INTEGER) for name in ("cell", "year", "began", "n")), ("qpv", FLAG), ("whole", FLAG))
FORGET = "DELETE FROM core.survival WHERE territory_id IN (SELECT territory_id FROM survival_touched)"
KEEP = """
INSERT INTO core.survival
SELECT territory_id, part, cohort, age_years, at_risk, exits, survival, nullif(lower, 'NaN'), nullif(upper, 'NaN')
FROM survival_new
"""
SURVIVAL_NEW: LiteralString = (
    "survival_new (territory_id, part, cohort, age_years, at_risk, exits, survival, lower, upper)"
)


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
    running, exits = (_by_age(read_rows(cursor, query, ROW), groups, years) for query in (RUNNING, EXITS))
    following = _by_age(read_rows(cursor, FOLLOWING, ROW), groups, years)[..., 0]
    observed = observe(running, exits, following)
    _write(cursor, groups, years, observed)
    cursor.execute(KEEP)


def _by_age(rows: Rows, groups: Sequence[Group], years: _Years) -> Ints:
    """Return the counts by group, year and age, of the shape (groups, years, OLDEST + 1)."""
    year, n = whole(rows["year"]), whole(rows["n"])
    age = year - whole(rows["began"])
    kept = (age >= 0) & (age <= OLDEST)
    size = years.length * (OLDEST + 1)
    counts = np.zeros((len(groups), size), dtype=np.int64)
    cells, cell = np.unique(whole(rows["cell"]), return_inverse=True)
    slot = cell * size + (year - years.first) * (OLDEST + 1) + age
    for of_quartiers in (True, False):
        at = rows["qpv" if of_quartiers else "whole"] & kept
        by_cell = np.bincount(slot[at], weights=n[at], minlength=cells.size * size).astype(np.int64)
        some = np.flatnonzero([group.of_quartiers is of_quartiers for group in groups])
        within = membership([groups[one] for one in some.tolist()], cells)
        counts[some] = within @ by_cell.reshape(cells.size, size)
    return counts.reshape(len(groups), years.length, OLDEST + 1)


def _write(cursor: psycopg.Cursor[Any], groups: Sequence[Group], years: _Years, observed: Observed) -> None:
    """Write the curves of all tenancies and of each cohort, as far as they go."""
    pooled, cohorts = all_cohorts(observed), each_cohort(observed)
    for part in sorted({group.part for group in groups}):
        some = np.flatnonzero([group.part == part for group in groups])
        territories = np.array([group.territory_id for group in groups if group.part == part])
        _write_curves(cursor, part, ALL_COHORTS, territories, pooled.take(some))
        for row in range(years.length):
            _write_curves(cursor, part, str(years.first + row), territories, cohorts.take((some, row)))


def _write_curves(cursor: psycopg.Cursor[Any], part: str, cohort: str, territories: Ints, curves: LifeTable) -> None:
    which, age = np.nonzero(~np.isnan(curves.survival))
    reals = {name: (REAL, getattr(curves, name)[which, age]) for name in ("survival", "lower", "upper")}
    write_rows(
        cursor,
        SURVIVAL_NEW,
        which.size,
        territory=(INTEGER, territories[which]),
        part=(f"S{len(part)}", part.encode()),
        cohort=(f"S{len(cohort)}", cohort.encode()),
        age=(SMALL, age),
        at_risk=(INTEGER, curves.at_risk[which, age]),
        exits=(INTEGER, curves.exits[which, age]),
        **reals,
    )
