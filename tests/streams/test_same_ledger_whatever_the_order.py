"""The heart: whatever the order, the repeats, the batches and the cuts, one ledger and one set of counters."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.streams.histories import EVENT_SETS, History, arrivals
from tests.streams.oracle import observed
from tests.streams.stage import TODAY, Event, Stage, message, move

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
HISTORIES = EVENT_SETS.flatmap(arrivals)


def play(stage: Stage, history: History, *, prove_every_state: bool = False) -> None:
    """Commit the takes. Each begins with messages that are done already, as a zombie or a rewind would."""
    for back, start, end in history.takes:
        taken = [delivery.message for delivery in history.deliveries[back:end]]
        assert stage.take(*taken) == end - start
        if prove_every_state:
            stage.assert_counters_equal_a_recount()
    assert stage.take(*(delivery.message for delivery in history.deliveries)) == 0


@settings(EXAMPLES, max_examples=120)
@given(history=HISTORIES)
def test_ledger_and_counters_are_those_of_the_oracle(stage: Stage, history: History) -> None:
    stage.restart(TODAY)
    play(stage, history)
    expected, found = history.oracle().expected(TODAY), observed(stage)
    for name in expected:
        assert found[name] == expected[name], name
    stage.assert_counters_equal_a_recount()


@settings(EXAMPLES, max_examples=20)
@given(data=st.data())
def test_two_ways_of_arriving_end_in_one_ledger(stage: Stage, data: st.DataObject) -> None:
    events = data.draw(EVENT_SETS)
    ends = []
    for _ in range(2):
        stage.restart(TODAY)
        play(stage, data.draw(arrivals(events)))
        ends.append(observed(stage))
    first, second = ends
    for name in ("daily", "monthly", "rolling", "facts"):
        assert first[name] == second[name], name
    for name, day in (("moves", 4), ("stocks", 4), ("declarations", 5)):
        # The day of receipt depends on the message that brought the winner: nothing else may.
        without_day = [{row[:day] + row[day + 1 :] for row in end[name]} for end in ends]
        assert without_day[0] == without_day[1], name


@settings(EXAMPLES, max_examples=15)
@given(history=HISTORIES)
def test_counters_equal_a_recount_in_every_committed_state(stage: Stage, history: History) -> None:
    stage.restart(TODAY)
    play(stage, history, prove_every_state=True)
    stage.assert_counters_equal_a_recount()


@settings(EXAMPLES, max_examples=20)
@given(history=HISTORIES)
def test_every_message_has_one_receipt_and_every_event_one_outcome(stage: Stage, history: History) -> None:
    stage.restart(TODAY)
    play(stage, history)
    receipts = {receipt["id"]: receipt for receipt in stage.receipts()}
    assert len(receipts) == len(stage.receipts()) == len(history.deliveries)
    for delivery in history.deliveries:
        sent = delivery.message
        receipt = receipts[f"{sent.topic}:{sent.partition}:{sent.offset}"]
        assert receipt["events"] == sum(receipt["outcomes"].values()) == len(delivery.sent)
        bad = [index for index, event in enumerate(delivery.sent) if not event.good]
        assert [refused["index"] for refused in receipt["rejected"]] == bad
        assert receipt["outcomes"].get("quarantined", 0) == receipt["rejected_total"] == len(bad)


def grouped(events: tuple[Event, ...], grouping: str) -> list[list[list[Event]]]:
    """Return takes of messages of events."""
    if grouping == "one message":
        return [[list(events)]]
    if grouping == "one take":
        return [[[event] for event in events]]
    return [[[event]] for event in events]


@pytest.mark.parametrize("grouping", ["one message", "one take", "several takes"])
def test_equal_revisions_of_other_content_end_the_same_with_a_warning(stage: Stage, grouping: str) -> None:
    contents = [move(effective_on=f"2026-0{month}-01", revision=5) for month in (1, 2, 3)]
    ends = set()
    for order in permutations(contents):
        stage.restart(TODAY)
        offset = 0
        for take in grouped(order, grouping):
            stage.take(*(message(offset + i, events) for i, events in enumerate(take)))
            offset += len(take)
        ends.update(stage.rows("SELECT effective_on, revision, content_hash FROM core.move"))
        stage.assert_counters_equal_a_recount()
        warnings = [warning for receipt in stage.receipts() for warning in receipt["warnings"]]
        assert {warning["code"] for warning in warnings} == {"same_revision_other_content"}
        assert len(warnings) == 2, "each of the two that met another content is told so"
        assert all("même révision" in warning["message_fr"] for warning in warnings)
        assert sum(receipt["warnings_total"] for receipt in stage.receipts()) == 2
    assert len(ends) == 1


def test_an_equal_repeat_is_a_duplicate_without_a_warning(stage: Stage) -> None:
    for offset in range(3):
        stage.take(message(offset, [move(revision=5)]))
    receipts = stage.receipts()
    assert [receipt["outcomes"] for receipt in receipts] == [{"applied": 1}, {"duplicate": 1}, {"duplicate": 1}]
    assert not any(receipt["warnings"] for receipt in receipts)
    assert stage.rows("SELECT sum(n) FROM core.daily_counter") == [(1,)]
