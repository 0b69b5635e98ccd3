"""Live windows: rolled at midnight in Paris over any number of nights, never beside a batch in flight."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from runtime.clock import FixedClock, paris_today
from streams.counters.windows import roll_windows, start_windows
from tests.streams.stage import TODAY, Stage, message, move

pytestmark = pytest.mark.services
ROLLED = "SELECT DISTINCT window_days, n FROM core.rolling_counter JOIN core.territory USING (territory_id) "
REGION = "WHERE level = 'region' ORDER BY window_days"


def days_of_windows(as_of: date) -> list[date]:
    """Return days on both sides of every edge that the windows pass while they roll for some weeks."""
    edges = [as_of - timedelta(days=width) for width in (0, 30, 90, 365)]
    return sorted({edge + timedelta(days=shift) for edge in edges for shift in (-1, 0, 1, 2, 9, 10, 11)})


def send_a_move_a_day(stage: Stage, days: list[date]) -> None:
    moves = [move(number=i, effective_on=day.isoformat()) for i, day in enumerate(days)]
    assert stage.take(message(0, moves)) == 1
    assert stage.rows("SELECT count(*) FROM core.move") == [(len(days),)]


def counts(stage: Stage) -> dict[int, int]:
    """Return how many moves each window holds, read at the région's rung."""
    return dict(stage.rows(ROLLED + REGION))  # type: ignore[arg-type]


def expected_counts(days: list[date], as_of: date) -> dict[int, int]:
    held = {width: sum(as_of - timedelta(days=width) < day <= as_of for day in days) for width in (30, 90, 365)}
    return {width: n for width, n in held.items() if n}


def test_one_night_after_the_other_the_windows_equal_a_recount(stage: Stage) -> None:
    days = days_of_windows(TODAY)
    send_a_move_a_day(stage, days)
    clock = FixedClock(datetime(2026, 3, 15, 20, tzinfo=UTC))
    assert counts(stage) == expected_counts(days, TODAY)
    for night in range(1, 13):
        clock.advance(timedelta(days=1))
        assert roll_windows(stage.connection, paris_today(clock)) == 1
        assert counts(stage) == expected_counts(days, TODAY + timedelta(days=night))
        stage.assert_counters_equal_a_recount()


@pytest.mark.parametrize("nights", [2, 10, 31, 89, 200, 366, 1000])
def test_missed_nights_are_caught_up_at_once(stage: Stage, nights: int) -> None:
    days = days_of_windows(TODAY)
    send_a_move_a_day(stage, days)
    clock = FixedClock(datetime(2026, 3, 15, 20, tzinfo=UTC))
    clock.advance(timedelta(days=nights))
    assert roll_windows(stage.connection, paris_today(clock)) == nights
    assert counts(stage) == expected_counts(days, TODAY + timedelta(days=nights))
    stage.assert_counters_equal_a_recount()


def test_midnight_is_that_of_paris(stage: Stage) -> None:
    stage.restart(date(2026, 3, 15))
    clock = FixedClock(datetime(2026, 3, 15, 22, 59, tzinfo=UTC))
    assert roll_windows(stage.connection, paris_today(clock)) == 0
    clock.advance(timedelta(minutes=1))
    assert roll_windows(stage.connection, paris_today(clock)) == 1
    assert stage.rows("SELECT as_of FROM core.window_state") == [(date(2026, 3, 16),)]


@pytest.mark.parametrize("back", [0, 1, 400])
def test_a_clock_that_went_back_moves_nothing(stage: Stage, back: int) -> None:
    send_a_move_a_day(stage, days_of_windows(TODAY))
    before = stage.everything()
    assert roll_windows(stage.connection, TODAY - timedelta(days=back)) == 0
    assert stage.everything() == before
    assert stage.rows("SELECT as_of FROM core.window_state") == [(TODAY,)]


def test_a_move_of_the_coming_days_enters_the_windows_on_its_day(stage: Stage) -> None:
    stage.take(message(0, [move(effective_on=(TODAY + timedelta(days=2)).isoformat())]))
    assert counts(stage) == {}
    roll_windows(stage.connection, TODAY + timedelta(days=1))
    assert counts(stage) == {}
    roll_windows(stage.connection, TODAY + timedelta(days=2))
    assert counts(stage) == {30: 1, 90: 1, 365: 1}


def test_a_correction_after_a_roll_takes_away_what_was_counted(stage: Stage) -> None:
    stage.take(message(0, [move(effective_on="2026-03-10")]))
    roll_windows(stage.connection, TODAY + timedelta(days=7))
    stage.take(message(1, [move(revision=2, effective_on="2026-01-10")], day=TODAY + timedelta(days=7)))
    assert counts(stage) == {90: 1, 365: 1}
    stage.assert_counters_equal_a_recount()


@pytest.mark.parametrize("as_of", [TODAY - timedelta(days=40), TODAY + timedelta(days=40)])
def test_windows_started_anew_on_any_day_equal_a_recount(stage: Stage, as_of: date) -> None:
    days = days_of_windows(TODAY)
    send_a_move_a_day(stage, days)
    start_windows(stage.connection, as_of)
    assert counts(stage) == expected_counts(days, as_of)
    stage.assert_counters_equal_a_recount()


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start the work beside us; its result appears in the list."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


def test_the_roll_waits_for_a_batch_in_flight_and_then_holds_its_moves(stage: Stage) -> None:
    tomorrow = TODAY + timedelta(days=1)
    days = days_of_windows(TODAY)
    moves = [move(number=i, effective_on=day.isoformat()) for i, day in enumerate(days)]
    with stage.another_worker() as timer:
        with stage.connection.transaction():
            stage.take(message(0, moves))
            thread, rolled = in_thread(lambda: roll_windows(timer, tomorrow))
            stage.wait_until_blocked(timer, by=stage.connection)
            assert stage.rows("SELECT as_of FROM core.window_state") == [(TODAY,)]
            assert rolled == []
        thread.join(30)
        assert rolled == [1]
    assert counts(stage) == expected_counts(days, tomorrow)
    stage.assert_counters_equal_a_recount()


def test_a_batch_waits_for_the_roll_in_flight_and_then_counts_in_the_new_windows(stage: Stage) -> None:
    tomorrow = TODAY + timedelta(days=1)
    days = days_of_windows(TODAY)
    moves = [move(number=i, effective_on=day.isoformat()) for i, day in enumerate(days)]
    with stage.another_worker() as timer:
        with timer.transaction():
            assert roll_windows(timer, tomorrow) == 1
            thread, taken = in_thread(lambda: stage.take(message(0, moves)))
            stage.wait_until_blocked(stage.connection, by=timer)
            assert taken == []
        thread.join(30)
        assert taken == [1]
    assert counts(stage) == expected_counts(days, tomorrow)
    stage.assert_counters_equal_a_recount()


def test_of_two_workers_that_roll_together_one_rolls(stage: Stage) -> None:
    tomorrow = TODAY + timedelta(days=1)
    days = days_of_windows(TODAY)
    send_a_move_a_day(stage, days)
    with stage.another_worker() as other:
        with stage.connection.transaction():
            assert roll_windows(stage.connection, tomorrow) == 1
            thread, rolled = in_thread(lambda: roll_windows(other, tomorrow))
            stage.wait_until_blocked(other, by=stage.connection)
        thread.join(30)
        assert rolled == [0]
    assert counts(stage) == expected_counts(days, tomorrow)
    stage.assert_counters_equal_a_recount()
