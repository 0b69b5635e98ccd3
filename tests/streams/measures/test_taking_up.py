"""What is taken up, when, and by whom: each fact once, whatever runs beside."""

import pytest

from streams.counters.windows import start_windows
from streams.measures.refresh import recount, refresh
from tests.streams.stage import TODAY, Stage, declaration, message, move, stock

pytestmark = pytest.mark.services
COUNTED = "SELECT coalesce(sum(departures), 0) FROM core.cell_month"


def departures(stage: Stage) -> int:
    return int(stage.rows(COUNTED)[0][0])


def begun(stage: Stage) -> None:
    """Take two departures, a stock and a declaration, and refresh."""
    events = [move(number=n, effective_on="2026-02-10") for n in (1, 2)]
    stage.take(message(0, [*events, stock({"commune": "31555", "let": 100}), declaration()]))
    refresh(stage.connection)
    assert departures(stage) == 2


def test_what_is_in_flight_is_taken_up_later_and_once(stage: Stage) -> None:
    begun(stage)
    with stage.another_worker() as other:
        with other.transaction():
            # The older transaction is still running while a younger one commits.
            other.execute("SELECT pg_current_xact_id()")
            stage.take(message(1, [move(number=3, effective_on="2026-02-10")]))
            refresh(stage.connection)
            assert departures(stage) == 2
        refresh(stage.connection)
        assert departures(stage) == 3
        refresh(stage.connection)
        assert departures(stage) == 3
    stage.assert_counters_equal_a_recount()


def test_while_one_worker_refreshes_another_leaves_it_alone(stage: Stage) -> None:
    begun(stage)
    stage.take(message(1, [move(number=3, effective_on="2026-02-10")]))
    with stage.another_worker() as other:
        with other.transaction():
            other.execute("SELECT FROM core.measure_state FOR UPDATE")
            assert refresh(stage.connection).facts == 0
        assert refresh(stage.connection).facts == 1


def test_a_refresh_tells_the_territories_and_months_that_it_changed(stage: Stage) -> None:
    begun(stage)
    assert refresh(stage.connection).changed == frozenset()
    stage.take(message(1, [move(number=3, effective_on="2026-02-10"), move(number=4, effective_on="2026-03-02")]))
    changed = refresh(stage.connection).changed
    ladder = stage.rows("SELECT territory_id FROM core.cell_territory JOIN core.cell USING (cell_id) "
                        "WHERE commune = '31555' AND qpv_status = 'outside' AND qpv_2015 IS NULL")  # fmt: skip
    assert changed is not None
    # March is not declared: nothing that is observed changed there.
    assert {(territory, str(month)) for territory, month in changed} == {(one, "2026-02-01") for (one,) in ladder}


def test_rows_restored_into_another_server_are_counted_once(stage: Stage) -> None:
    begun(stage)
    # As a copy of rows from a server that was a million transactions further.
    for table in ("fact", "move", "stock", "declaration"):
        stage.connection.execute(f"UPDATE core.{table} SET recorded_in = recorded_in + 1000000")
    stage.connection.execute("UPDATE core.measure_state SET taken_up_to = taken_up_to + 1000001, cluster = 'another'")
    assert refresh(stage.connection).changed is None, "everything was counted again"
    assert departures(stage) == 2
    stage.take(message(1, [move(number=3, effective_on="2026-02-10")]))
    refresh(stage.connection)
    assert departures(stage) == 3
    ((highest,),) = stage.rows("SELECT max(recorded_in) FROM core.fact")
    assert highest < 1_000_000 + int(stage.rows("SELECT pg_current_xact_id()::text::bigint")[0][0])
    stage.assert_counters_equal_a_recount()


def test_a_new_month_is_there_once_the_windows_have_rolled(stage: Stage) -> None:
    begun(stage)
    start_windows(stage.connection, TODAY.replace(month=4))
    refresh(stage.connection)
    assert stage.rows("SELECT max(month)::text FROM core.observed_month") == [("2026-04-01",)]
    stage.assert_counters_equal_a_recount()


def test_a_recount_of_what_is_right_changes_nothing(stage: Stage) -> None:
    begun(stage)
    before = stage.everything()
    recount(stage.connection)
    assert stage.everything() == before
