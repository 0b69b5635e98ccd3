"""The observatory's staff as attacker: what its views hold back at threshold 5 cannot be had from the rest of them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import load_rules
from tests.attack.intervals import Aim, Interval, Result, attack
from tests.attack.knowledge import (
    BREAKDOWNS,
    Breakdown,
    Geography,
    leaf_of,
    live_figures,
    month_number,
    staff_figures,
)
from tests.attack.system import build

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]
RULES = load_rules().observatoire
Staff = psycopg.Connection[tuple[Any, ...]]
DECEMBERS = [month_number("2024-12-01"), month_number("2025-12-01")]
COUNTS = {one for breakdown in BREAKDOWNS for one in breakdown.measures}
COUNTED_ELSEWHERE = {"finding"}
"""Views that warn of moves that contradict a stock: a count of one landlord, above the threshold, or none."""
COLUMNS_READ = """
WITH RECURSIVE uses AS (
    SELECT ev_class AS view, refobjid AS used, refobjsubid AS number
    FROM pg_rewrite JOIN pg_depend ON classid = 'pg_rewrite'::regclass AND objid = pg_rewrite.oid
    WHERE refclassid = 'pg_class'::regclass AND refobjid <> ev_class
), behind AS (
    SELECT view, used, number FROM uses
    UNION SELECT behind.view, uses.used, uses.number FROM behind JOIN uses ON uses.view = behind.used
)
SELECT view.relname, used.relnamespace::regnamespace || '.' || used.relname, attname
FROM behind JOIN pg_class AS view ON view.oid = view JOIN pg_class AS used ON used.oid = used
JOIN pg_attribute ON attrelid = used AND attnum = number
WHERE view.relnamespace = 'staff'::regnamespace AND view.relkind = 'v' AND used.relkind <> 'v'
"""


def finds(result: Result) -> list[Interval]:
    """Return the small counts that were found out. Larger ones that no view tells at that rhythm are no secret."""
    assert not result.contradicted
    assert all(one.decided for one in result.intervals)
    narrow = result.narrow(RULES.largeur_protegee, RULES.seuil)
    return [one for one in narrow if one.high >= 1 and one.low < RULES.seuil]


def test_every_cell_of_the_ledger_is_a_leaf(region: Settings, geography: Geography) -> None:
    with connect(region, "ingest") as connection:
        cells = connection.execute("SELECT commune, qpv_2024, qpv_2015, qpv_status FROM core.cell").fetchall()
    assert {leaf_of(*cell) for cell in cells} <= set(geography.leaves)


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_live_windows_hold_their_secrets(staff: Staff, geography: Geography, measure: str) -> None:
    figures = live_figures(staff)
    assert {"secret", "provisional"} <= set(figures["status"])
    assert {"region", "qpv_2024"} <= set(figures["level"])
    result = attack(build(figures, geography, Breakdown(measure), implied=False), Aim(RULES.seuil))
    assert len(result.intervals) > 5
    assert all(one.decided for one in result.intervals)
    assert not result.narrow(RULES.seuil, RULES.seuil)


@pytest.mark.parametrize("breakdown", BREAKDOWNS[:3], ids=lambda one: one.total)
def test_declared_windows_hold_their_secrets(staff: Staff, geography: Geography, breakdown: Breakdown) -> None:
    """Of each month of two years, windows of 1, 3 and 12, all levels and parts."""
    figures = staff_figures(staff, Breakdown(breakdown.total))
    assert {"secret", "value"} <= set(figures["status"])
    assert set(figures["window"]) == {1, 3, 12}
    assert figures["low"].min() == 0 or figures["low"].min() >= RULES.seuil
    result = attack(build(figures, geography, Breakdown(breakdown.total)), Aim(RULES.largeur_protegee))
    assert len(result.intervals) > 1000
    assert not finds(result)


@pytest.mark.parametrize("breakdown", [*BREAKDOWNS[:3], BREAKDOWNS[4]], ids=lambda one: one.total)
def test_windows_that_end_in_december_hold_how_moves_divide(
    staff: Staff, geography: Geography, breakdown: Breakdown
) -> None:
    """Nor can what classes leave be had (`external`, `unknown`), nor a total without one class (`qpv_exit_rate`)."""
    read = staff_figures(staff, breakdown, DECEMBERS[0])
    figures = read[(read["window"] == 12) & read["month"].isin(DECEMBERS)]
    assert set(figures[figures["low"].notna()]["measure"]) == set(breakdown.measures)
    result = attack(build(figures, geography, breakdown, implied=False), Aim(RULES.largeur_protegee))
    assert not finds(result)


@pytest.mark.parametrize("breakdown", BREAKDOWNS[:2], ids=lambda one: one.total)
def test_classes_told_every_month_of_large_places_hold(
    staff: Staff, geography: Geography, breakdown: Breakdown
) -> None:
    read = staff_figures(staff, breakdown)
    large = read["level"].isin(["region", "departement"]) & read["part"].isin(["all", "qpv"])
    figures = read[large & (read["window"] == 12)]
    assert figures[figures["low"].notna()].groupby("measure")["month"].nunique().min() >= 2
    assert not finds(attack(build(figures, geography, breakdown, implied=False), Aim(RULES.largeur_protegee)))


def test_no_class_stands_beside_a_total_that_is_secret(staff: Staff) -> None:
    query = "SELECT count(*), count(*) FILTER (WHERE {total} IS NULL) FROM staff.measure WHERE {some}"
    for breakdown in BREAKDOWNS[:2]:
        some = " OR ".join(f"{one} IS NOT NULL" for one in breakdown.measures[1:])
        rows = staff.execute(query.format(total=breakdown.total, some=some).encode()).fetchall()
        assert rows[0][0] > 0 and rows[0][1] == 0


def test_views_read_counts_of_declared_windows_only_where_secrets_are_taken_out(region: Settings) -> None:
    """Rates, comparators, rests of communes and generations are then sums of what was attacked above."""
    with connect(region, "migrator") as connection:
        read = connection.execute(COLUMNS_READ).fetchall()
    counted = {(view, table) for view, table, column in read if column in COUNTS and view not in COUNTED_ELSEWHERE}
    assert {view for view, _ in counted} >= {"measure", "indicator", "compared_indicator", "commune_rest", "generation"}
    assert {table for _, table in counted} == {"core.shown_window", "core.shown_live"}
