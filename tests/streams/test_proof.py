"""The proof itself: `verify` finds every kind of wrong counter, so that the other tests prove something."""

import psycopg
import pytest

from operations.verify import GRAINS, verify
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
ONE_ROW = "WHERE {table}.ctid = (SELECT ctid FROM {table} LIMIT 1)"


def filled(stage: Stage) -> None:
    moves = [move(number=n, effective_on=f"2026-03-0{n}") for n in (1, 2, 3)]
    stage.take(message(0, [*moves, stock({"commune": "31555", "qpv_2024": "QN03107M", "let": 40})]))
    stage.assert_counters_equal_a_recount()


def test_the_tables_tampered_with_here_are_the_grains_that_are_proved() -> None:
    assert TABLES.keys() == GRAINS.keys()


@pytest.mark.parametrize("grain", TABLES)
def test_a_row_that_is_missing_is_found(stage: Stage, grain: str) -> None:
    filled(stage)
    stage.connection.execute(f"DELETE FROM {TABLES[grain]} " + ONE_ROW.format(table=TABLES[grain]))
    verdict = verify(stage.connection)
    assert not verdict.equal
    assert [name for name, n in verdict.differing.items() if n] == [grain]
    (difference,) = verdict.differences
    assert (difference.counter or 0) < (difference.recount or 0)


@pytest.mark.parametrize("grain", TABLES)
def test_a_row_that_counts_one_too_many_is_found(stage: Stage, grain: str) -> None:
    filled(stage)
    column = MEASURES.get(grain, "n")
    stage.connection.execute(
        f"UPDATE {TABLES[grain]} SET {column} = {column} + 1 " + ONE_ROW.format(table=TABLES[grain])
    )
    verdict = verify(stage.connection)
    assert [name for name, n in verdict.differing.items() if n] == [grain]
    (difference,) = verdict.differences
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
    assert [name for name, n in verdict.differing.items() if n] == [grain]


def test_a_move_that_is_missing_from_the_ledger_is_found_in_every_grain_of_moves(stage: Stage) -> None:
    filled(stage)
    stage.connection.execute("DELETE FROM core.move WHERE effective_on = '2026-03-02'")
    verdict = verify(stage.connection)
    assert verdict.moves == 2
    assert all(n > 0 for grain, n in verdict.differing.items() if grain != "stock")


def test_proving_leaves_the_session_as_it_was(stage: Stage) -> None:
    # A batch committed in that session would look at what is done before it holds its landlords' locks.
    with connect(stage.settings, "ingest", autocommit=True) as session:
        assert verify(session).equal
        assert session.isolation_level in (None, psycopg.IsolationLevel.READ_COMMITTED)
