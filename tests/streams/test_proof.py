"""The proof itself: `verify` finds every kind of wrong counter, so that the other tests prove something."""

from uuid import UUID

import psycopg
import pytest

from operations.verify import GRAINS, Verdict, verify
from operations.verify import MEASURES as TABLES_OF_MEASURES
from runtime.database import connect
from tests.streams.stage import Stage, message, move, stock

pytestmark = pytest.mark.services
TABLES = {
    "daily": "core.daily_counter",
    "monthly": "core.monthly_counter",
    "rolling": "core.rolling_counter",
    "facts": "core.fact",
    "stock": "core.stock_counter",
}
MEASURES = {"facts": "delta", "stock": "dwellings"}
COUNTED_FROM = {"facts": ["facts", "cell_month"]}
"""Measures are counted from the facts: of what no landlord declares, those by cell."""
ONE_ROW = "WHERE {table}.ctid = (SELECT ctid FROM {table} LIMIT 1)"


def filled(stage: Stage) -> None:
    moves = [move(number=n, effective_on=f"2026-03-0{n}") for n in (1, 2, 3)]
    stage.take(message(0, [*moves, stock({"commune": "31555", "qpv_2024": "QN03107M", "let": 40})]))
    stage.assert_counters_equal_a_recount()


def found_in(verdict: Verdict) -> list[str]:
    return [name for name, n in verdict.differing.items() if n]


def test_the_tables_tampered_with_here_are_the_grains_that_are_proved() -> None:
    assert TABLES.keys() == GRAINS.keys()


@pytest.mark.parametrize("grain", TABLES)
def test_a_row_that_is_missing_is_found(stage: Stage, grain: str) -> None:
    filled(stage)
    stage.connection.execute(f"DELETE FROM {TABLES[grain]} " + ONE_ROW.format(table=TABLES[grain]))
    verdict = verify(stage.connection)
    assert not verdict.equal
    assert found_in(verdict) == COUNTED_FROM.get(grain, [grain])
    difference = verdict.differences[0]
    assert (difference.counter or 0) < (difference.recount or 0)


@pytest.mark.parametrize("grain", TABLES)
def test_a_row_that_counts_one_too_many_is_found(stage: Stage, grain: str) -> None:
    filled(stage)
    column = MEASURES.get(grain, "n")
    stage.connection.execute(
        f"UPDATE {TABLES[grain]} SET {column} = {column} + 1 " + ONE_ROW.format(table=TABLES[grain])
    )
    verdict = verify(stage.connection)
    assert found_in(verdict) == COUNTED_FROM.get(grain, [grain])
    difference = verdict.differences[0]
    assert difference.counter == (difference.recount or 0) + 1


@pytest.mark.parametrize("grain", ["daily", "monthly", "rolling"])
def test_a_row_of_nought_is_a_difference(stage: Stage, grain: str) -> None:
    filled(stage)
    table = TABLES[grain]
    columns = [
        row[0]
        for row in stage.rows(f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0")
    ]
    chosen = ", ".join("0" if name == "n" else "'999999999'" if name == "landlord" else name for name in columns)
    stage.connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM {table} LIMIT 1")
    verdict = verify(stage.connection)
    assert found_in(verdict) == [grain]


def test_a_move_that_is_missing_from_the_ledger_is_found_in_every_grain_of_moves(stage: Stage) -> None:
    filled(stage)
    stage.connection.execute("DELETE FROM core.move WHERE effective_on = '2026-03-02'")
    verdict = verify(stage.connection)
    assert verdict.moves == 2
    assert all(verdict.differing[grain] > 0 for grain in GRAINS if grain != "stock")


LINKED = {"dwelling_move": "core.dwelling_move", "voids": "core.void_month", "tenures": "core.tenure_month"}


@pytest.mark.parametrize("grain", LINKED)
def test_what_links_moves_is_proved_too(stage: Stage, grain: str) -> None:
    home = str(UUID(int=7))
    left = move(number=1, effective_on="2026-02-01", dwelling=home, tenancy_started_on="2020-01")
    stage.take(message(0, [left, move(number=2, direction="in", effective_on="2026-02-20", dwelling=home)]))
    stage.assert_counters_equal_a_recount()
    table = LINKED[grain]
    changed = "first_letting = NOT first_letting" if grain == "dwelling_move" else "n = n + 1"
    row = "WHERE NOT arrival" if grain == "dwelling_move" else ""
    stage.connection.execute(f"UPDATE {table} SET {changed} {row}")
    assert found_in(verify(stage.connection)) == [grain]
    stage.connection.execute(f"DELETE FROM {table}")
    assert grain in found_in(verify(stage.connection))


@pytest.mark.parametrize("grain", [grain for grain in TABLES_OF_MEASURES if grain not in LINKED])
def test_a_measure_that_is_missing_or_wrong_is_found(stage: Stage, grain: str) -> None:
    filled(stage)
    table, _, keys = TABLES_OF_MEASURES[grain]
    row = ONE_ROW.format(table=table)
    changed = "whole = NOT whole" if grain == "landlord_month" else "dwellings = dwellings + 1"
    for tampering in (f"UPDATE {table} SET {changed} {row}", f"DELETE FROM {table} {row}"):
        stage.connection.execute(tampering)
        verdict = verify(stage.connection)
        assert found_in(verdict) == [grain]
        assert {*keys, "measure"} == verdict.differences[0].key.keys()


def test_what_a_running_transaction_holds_back_waits_and_is_no_difference(stage: Stage) -> None:
    filled(stage)
    with stage.another_worker() as other, other.transaction():
        other.execute("SELECT pg_current_xact_id()")
        stage.take(message(1, [move(number=n, effective_on="2026-03-02") for n in (7, 8)]))
        verdict = verify(stage.connection)
        assert verdict.equal
        assert verdict.waiting == 2
    verdict = verify(stage.connection)
    assert verdict.equal
    assert verdict.waiting == 0


def test_proving_leaves_the_session_as_it_was(stage: Stage) -> None:
    # A batch committed in that session would look at what is done before it holds its landlords' locks.
    with connect(stage.settings, "ingest", autocommit=True) as session:
        assert verify(session).equal
        assert session.isolation_level in (None, psycopg.IsolationLevel.READ_COMMITTED)
