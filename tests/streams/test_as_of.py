"""Facts carry the day of receipt: what was known on any past day can be told, after any correction."""

from datetime import date

import pytest

from operations.verify import recount_as_of
from tests.streams.stage import Stage, message, move

pytestmark = pytest.mark.services
FIRST, SECOND, THIRD, LAST = (date(2026, 3, day) for day in (2, 5, 9, 20))


def known(stage: Stage, day: date) -> list[tuple[str, str, int]]:
    return recount_as_of(stage.connection, day)


def test_a_correction_from_march_to_february_changes_the_past_only_from_its_own_day_on(stage: Stage) -> None:
    stage.take(message(0, [move(number=n, effective_on="2026-03-01") for n in (1, 2, 3)], day=FIRST))
    stage.take(message(1, [move(number=1, revision=2, effective_on="2026-02-27")], day=SECOND))
    assert known(stage, date(2026, 3, 1)) == []
    assert known(stage, FIRST) == known(stage, date(2026, 3, 4)) == [("2026-03", "out", 3)]
    assert known(stage, SECOND) == known(stage, LAST) == [("2026-02", "out", 1), ("2026-03", "out", 2)]
    stage.assert_counters_equal_a_recount()


def test_every_day_of_receipt_keeps_its_own_state(stage: Stage) -> None:
    stage.take(message(0, [move(), move(number=2, direction="in", effective_on="2026-03-02")], day=FIRST))
    stage.take(message(1, [move(revision=2, effective_on="2026-02-27")], day=SECOND))
    stage.take(message(2, [move(revision=3, status="cancelled", cancel_reason="mistake")], day=THIRD))
    stage.take(message(3, [move(revision=4, effective_on="2026-01-15")], day=LAST))
    assert known(stage, FIRST) == [("2026-03", "in", 1), ("2026-03", "out", 1)]
    assert known(stage, SECOND) == [("2026-02", "out", 1), ("2026-03", "in", 1)]
    assert known(stage, THIRD) == [("2026-03", "in", 1)]
    assert known(stage, LAST) == [("2026-01", "out", 1), ("2026-03", "in", 1)]
    stage.assert_counters_equal_a_recount()


def test_a_late_old_revision_changes_no_day(stage: Stage) -> None:
    stage.take(message(0, [move(revision=2, effective_on="2026-02-27")], day=FIRST))
    stage.take(message(1, [move(revision=1, effective_on="2026-03-01")], day=SECOND))
    stage.take(message(2, [move(revision=2, effective_on="2026-02-27")], day=THIRD))
    for day in (FIRST, SECOND, THIRD, LAST):
        assert known(stage, day) == [("2026-02", "out", 1)]
    assert stage.rows("SELECT received_on, delta FROM core.fact") == [(FIRST, 1)]


def test_a_notice_counts_from_the_day_on_which_its_effect_is_told(stage: Stage) -> None:
    stage.take(message(0, [move(status="announced", effective_on="2026-03-01")], day=FIRST))
    stage.take(message(1, [move(status="effective", revision=2, effective_on="2026-03-01")], day=SECOND))
    assert known(stage, FIRST) == []
    assert known(stage, SECOND) == [("2026-03", "out", 1)]


def test_the_day_of_receipt_is_that_of_paris(stage: Stage) -> None:
    late = message(0, [move()], day=FIRST)
    before_midnight_utc = late._replace(timestamp=late.timestamp + 11.5 * 3600)
    stage.take(before_midnight_utc)
    assert known(stage, FIRST) == []
    assert known(stage, date(2026, 3, 3)) == [("2026-03", "out", 1)]


def test_a_past_state_does_not_depend_on_how_messages_were_taken(stage: Stage) -> None:
    messages = [
        message(0, [move(effective_on="2026-03-01")], day=FIRST),
        message(1, [move(revision=2, effective_on="2026-02-27"), move(number=2)], day=SECOND),
        message(2, [move(revision=4, effective_on="2026-01-15")], day=SECOND),
        message(3, [move(revision=3, effective_on="2026-02-01")], day=THIRD),
        message(4, [move(revision=5, status="cancelled", cancel_reason="mistake")], day=LAST),
    ]
    stage.take(*messages)
    together = [known(stage, day) for day in (FIRST, SECOND, THIRD, LAST)]
    assert together[0] == [("2026-03", "out", 1)]
    assert together[1] == together[2] == [("2026-01", "out", 1), ("2026-03", "out", 1)]
    assert together[3] == [("2026-03", "out", 1)]
    outcomes = [receipt["outcomes"] for receipt in stage.receipts()]
    assert outcomes == [{"applied": 1}, {"applied": 2}, {"applied": 1}, {"superseded": 1}, {"applied": 1}]
    stage.assert_counters_equal_a_recount()
    stage.restart()
    for one in messages:
        stage.take(one)
    assert [known(stage, day) for day in (FIRST, SECOND, THIRD, LAST)] == together
    assert [receipt["outcomes"] for receipt in stage.receipts()] == outcomes
