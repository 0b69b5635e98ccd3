"""Two sessions: the second waits for the first, a zombie's batch is left alone, a rebuild shuts all out."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from streams.ingest.commit import GATE, commit_batch
from tests.streams.stage import SIRENS, Stage, message, move, stock

pytestmark = pytest.mark.services
COUNTED = "SELECT day::text, n FROM core.daily_counter ORDER BY 1"
NEXT = "SELECT topic, next_offset FROM core.ingest_offset ORDER BY 1"


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Start the work beside us; its result, or its error, appears in the list."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results


def test_a_second_session_waits_for_the_first_on_the_same_landlord_and_the_result_is_exact(stage: Stage) -> None:
    first = stage.batch(message(0, [move(number=n, effective_on="2026-03-01") for n in (1, 2, 3)]))
    second = stage.batch(message(1, [move(number=n, revision=2, effective_on="2026-02-01") for n in (2, 3, 4)]))
    with stage.another_worker() as other:
        with stage.connection.transaction():
            assert commit_batch(stage.connection, first).new == 1
            thread, done = in_thread(lambda: commit_batch(other, second).new)
            assert stage.wait_until_blocked(other, by=stage.connection) == "advisory"
            assert done == []
        thread.join(30)
        assert done == [1]
    assert stage.rows(COUNTED) == [("2026-02-01", 3), ("2026-03-01", 1)]
    assert [receipt["outcomes"] for receipt in stage.receipts()] == [{"applied": 3}, {"applied": 3}]
    stage.assert_counters_equal_a_recount()


def make_this_years_chunk(stage: Stage) -> None:
    """The first batch of a year makes the year's chunk of `core.fact`, and all others wait for it until it commits."""
    siren = "900000009"
    assert stage.take(message(0, [move(siren, number=9)], siren=siren)) == 1


def test_two_sessions_on_different_landlords_do_not_wait_even_in_the_same_cell(stage: Stage) -> None:
    make_this_years_chunk(stage)
    batches = [stage.batch(message(0, [move(siren)], siren=siren)) for siren in SIRENS]
    with stage.another_worker() as other:
        other.execute("SET lock_timeout = '20s'")
        with stage.connection.transaction():
            assert commit_batch(stage.connection, batches[0]).new == 1
            assert commit_batch(other, batches[1]).new == 1, "committed while the first is in flight"
    counted = stage.rows("SELECT landlord, n FROM core.daily_counter WHERE landlord = ANY(%s) ORDER BY 1", list(SIRENS))
    assert counted == [(siren, 1) for siren in SIRENS]
    stage.assert_counters_equal_a_recount()


def test_landlords_are_locked_in_one_order_so_that_nobody_waits_in_a_circle(stage: Stage) -> None:
    make_this_years_chunk(stage)
    low, high = sorted(SIRENS)
    # Named in the wrong order: a session that locked as it reads would hold `high` while it waits for `low`.
    both = stage.batch(message(0, [move(high)], siren=high), message(1, [move(low, number=2)], siren=low))
    only_high = stage.batch(message(0, [move(high, number=3)], siren=high))
    only_low = stage.batch(message(0, [move(low)], siren=low))
    with stage.another_worker() as waiting, stage.another_worker() as free:
        free.execute("SET lock_timeout = '20s'")
        with stage.connection.transaction():
            assert commit_batch(stage.connection, only_low).new == 1
            thread, done = in_thread(lambda: commit_batch(waiting, both).new)
            stage.wait_until_blocked(waiting, by=stage.connection)
            with free.transaction(force_rollback=True):
                assert commit_batch(free, only_high).new == 1, "the one that waits does not hold this landlord yet"
        thread.join(30)
        assert done == [2]
    stage.assert_counters_equal_a_recount()


def test_a_zombies_batch_is_left_alone_entirely(stage: Stage) -> None:
    events = [move(), move(number=2, direction="in"), stock({"commune": "31555", "let": 4}), {"type": "unknown"}]
    zombie = stage.batch(message(0, events), message(1, [move(revision=2, effective_on="2026-02-01")]))
    with stage.another_worker() as successor:
        assert commit_batch(successor, stage.batch(*(decoded.message for decoded in zombie.messages))).new == 2
    before = stage.everything()
    assert commit_batch(stage.connection, zombie).new == 0
    assert stage.everything() == before
    assert before["core.quarantine"], "the batch held something of every kind"
    assert before["core.stock_cell"]
    stage.assert_counters_equal_a_recount()


def test_a_zombie_that_waited_for_its_successors_lock_sees_that_the_work_is_done(stage: Stage) -> None:
    taken = [message(0, [move()]), message(1, [move(revision=2, effective_on="2026-02-01")])]
    with stage.another_worker() as zombie:
        with stage.connection.transaction():
            assert stage.take(*taken) == 2
            batch = stage.batch(*taken)
            thread, done = in_thread(lambda: commit_batch(zombie, batch).new)
            stage.wait_until_blocked(zombie, by=stage.connection)
        thread.join(30)
        assert done == [0]
    assert stage.rows(COUNTED) == [("2026-02-01", 1)]
    assert len(stage.receipts()) == 2
    stage.assert_counters_equal_a_recount()


def test_of_a_batch_that_is_half_done_the_other_half_is_written(stage: Stage) -> None:
    messages = [message(offset, [move(revision=offset + 1)]) for offset in range(4)]
    whole = stage.batch(*messages)
    assert stage.take(*messages[:2]) == 2
    assert commit_batch(stage.connection, whole).new == 2
    assert [receipt["id"][-2:] for receipt in stage.receipts()] == [":0", ":1", ":2", ":3"]
    assert stage.rows("SELECT revision FROM core.move") == [(4,)]
    assert stage.rows("SELECT sum(n) FROM core.tally") == [(4,)]
    assert [offset for _, offset in stage.rows(NEXT)] == [4]
    stage.assert_counters_equal_a_recount()


def test_a_batch_that_fails_leaves_no_trace_and_can_be_tried_again(stage: Stage) -> None:
    stage.take(message(0, [move()]))
    before = stage.everything()
    batch = stage.batch(message(1, [move(revision=2, effective_on="2026-02-01"), {"type": "unknown"}]))
    with pytest.raises(RuntimeError, match="the power went"), stage.connection.transaction():
        commit_batch(stage.connection, batch)
        raise RuntimeError("the power went")
    assert stage.everything() == before
    assert commit_batch(stage.connection, batch).new == 1
    assert stage.rows(COUNTED) == [("2026-02-01", 1)]
    stage.assert_counters_equal_a_recount()


def test_batches_wait_while_a_rebuild_holds_the_gate(stage: Stage) -> None:
    batch = stage.batch(message(0, [move()]))
    with stage.another_worker() as rebuild:
        with rebuild.transaction():
            rebuild.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))
            thread, done = in_thread(lambda: commit_batch(stage.connection, batch).new)
            assert stage.wait_until_blocked(stage.connection, by=rebuild) == "advisory"
            assert stage.rows("SELECT count(*) FROM core.move") == [(0,)]
        thread.join(30)
    assert done == [1]
    stage.assert_counters_equal_a_recount()
