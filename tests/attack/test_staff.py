"""The observatory's staff as attacker: what its views hold back at threshold 5 cannot be had from the rest of them."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from schemas.secrecy import load_rules
from tests.attack.intervals import Aim, attack
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
DECEMBERS = [month_number("2024-12-01"), month_number("2025-12-01")]
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
SUBTRACTED = """
SELECT n, status FROM staff.departure_kind WHERE kind IN ('external', 'unknown')
"""


def test_every_cell_of_the_ledger_is_a_leaf(region: Settings, geography: Geography) -> None:
    with connect(region, "ingest") as connection:
        cells = connection.execute("SELECT commune, qpv_2024, qpv_2015, qpv_status FROM core.cell").fetchall()
    assert {leaf_of(*cell) for cell in cells} <= set(geography.leaves)


@pytest.mark.parametrize("measure", ["departures", "arrivals"])
def test_live_windows_hold_their_secrets(staff: psycopg.Connection[Any], geography: Geography, measure: str) -> None:
    figures = live_figures(staff)
    assert {"secret", "provisional"} <= set(figures["status"])
    assert {"region", "qpv_2024"} <= set(figures["level"])
    result = attack(build(figures, geography, Breakdown(measure), implied=False), Aim(RULES.seuil))
    assert len(result.intervals) > 20
    assert all(one.decided for one in result.intervals)
    assert not result.narrow(RULES.seuil, RULES.seuil)


@pytest.mark.parametrize("breakdown", BREAKDOWNS[:3], ids=lambda one: one.total)
def test_declared_windows_hold_their_secrets(
    staff: psycopg.Connection[Any], geography: Geography, breakdown: Breakdown
) -> None:
    """Of each month of two years, windows of 1, 3 and 12, all levels and parts."""
    figures = staff_figures(staff, Breakdown(breakdown.total))
    assert {"secret", "value"} <= set(figures["status"])
    assert set(figures["window"]) == {1, 3, 12}
    assert figures["low"].min() == 0 or figures["low"].min() >= RULES.seuil
    result = attack(build(figures, geography, Breakdown(breakdown.total)), Aim(RULES.largeur_protegee))
    assert len(result.intervals) > 1000
    assert all(one.decided for one in result.intervals)
    assert not result.narrow(RULES.largeur_protegee, RULES.seuil)
