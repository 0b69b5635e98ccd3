"""Landlords beside one another: a new one is taken up at once, a big one does not hold up a small one."""

import time

import pytest

from runtime.broker import admin
from runtime.database import connect
from runtime.topics import moves_topic
from tests.streams.faults.events import interleaved, messages
from tests.streams.faults.harness import Stage

pytestmark = [pytest.mark.services, pytest.mark.faults]
TAKEN_UP_SECONDS = 15
LAST_BATCH = "SELECT topic, xmin::text::bigint FROM core.ingest_offset"
"""The transaction that committed a topic's last message; the transactions of one worker follow one another."""


def test_a_landlord_added_at_run_time_is_taken_up_at_once(stage: Stage) -> None:
    plan = interleaved([messages(siren, 200, 10) for siren in stage.enrol(4)])
    stage.start(1)
    with stage.publishing(plan, 60):
        stage.wait_progress(8)
        created = time.monotonic()
        (newcomer,) = stage.enrol(1)
        first = messages(newcomer, 30, 5)
        stage.publish(first)
        stage.wait_progress(siren=newcomer)
        taken_up = time.monotonic() - created
        stage.wait_progress(8)
    assert taken_up < TAKEN_UP_SECONDS
    stage.assert_exact([*plan, *first])


def test_a_backlog_does_not_hold_up_a_live_event(stage: Stage) -> None:
    big, small = stage.enrol(2)
    backlog, live = messages(big, 500, 150), messages(small, 1, 1)
    stage.publish(backlog)
    with connect(stage.settings, "migrator") as hindrance:
        hindrance.execute("SELECT FROM core.window_state FOR UPDATE")
        stage.start(1)
        stage.wait_for(stage.landlords_are_held, "the worker in its first batch")
        stage.publish(live)
        assert stage.done() == 0
    stage.wait_for(lambda: stage.done() == len(backlog) + 1, "all of it committed")
    batches = dict(stage.query(LAST_BATCH))
    assert batches[moves_topic(small)] < batches[moves_topic(big)], "the live event waited for the whole backlog"
    stage.assert_exact([*backlog, *live])


def test_a_topic_deleted_while_the_worker_restarts_does_not_stop_the_others(stage: Stage) -> None:
    gone, staying = stage.enrol(2)
    stage.start(1)
    stage.publish([*messages(gone, 2, 2), *messages(staying, 2, 2)])
    stage.wait_for(lambda: stage.done() == 4, "both landlords read")
    stage.kill()
    client = admin(stage.settings)
    try:
        client.delete_topics([moves_topic(gone)])
    finally:
        client.close()
    stage.landlords.remove(gone)
    stage.publish(messages(staying, 5, 2, seed=2))

    def read() -> bool:
        stage.start(1)  # in the supervisor's place: the worker may end itself and start again
        return stage.done(staying) == 7

    stage.wait_for(read, "the other landlord's messages", 30)
