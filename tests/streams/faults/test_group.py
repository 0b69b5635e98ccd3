"""Workers share the landlords, take over from one that falls silent, and survive its coming back from the dead."""

import signal
import time

import pytest

from runtime.database import connect
from tests.streams.faults.events import interleaved, messages
from tests.streams.faults.harness import Stage

pytestmark = [pytest.mark.services, pytest.mark.faults]


def share(stage: Stage, *numbers: int) -> bool:
    """Return whether exactly these workers share the landlords' topics, evenly."""
    members = stage.members()
    counts = sorted(len(topics) for topics in members.values())
    everything = sorted(topic for topics in members.values() for topic in topics)
    return (
        members.keys() == {f"worker-{number}" for number in numbers}
        and len(everything) == len(set(everything)) == len(stage.landlords)
        and counts[-1] - counts[0] <= 1
    )


def freeze(stage: Stage, number: int) -> None:
    """Stop a busy worker with SIGSTOP, outside its transactions: the next test has it inside."""
    for _ in range(20):
        stage.wait_progress()
        stage.signal(signal.SIGSTOP, number)
        time.sleep(0.5)  # whoever is not frozen has ended its transaction by now
        if not stage.landlords_are_held():
            return
        stage.signal(signal.SIGCONT, number)
    pytest.fail("the worker was never caught outside a transaction")


def test_two_workers_share_24_topics_evenly_and_take_over(stage: Stage) -> None:
    landlords = stage.enrol(24)
    plan = interleaved([messages(siren, 60, 10) for siren in landlords])
    stage.start(1, 2)
    with stage.publishing(plan, 90):
        stage.wait_for(lambda: share(stage, 1, 2), "12 topics each")
        assert {len(topics) for topics in stage.members().values()} <= {11, 12, 13}
        stage.signal(signal.SIGTERM, 2)
        stage.wait_for(lambda: share(stage, 1), "all topics with worker 1")
        stage.wait_progress(24)
        stage.start(2)
        stage.wait_for(lambda: share(stage, 1, 2), "12 topics each, again")
        stage.wait_progress(24)
    stage.assert_exact(plan)


def test_a_worker_back_from_the_dead_corrupts_nothing(stage: Stage) -> None:
    landlords = stage.enrol(6)
    plan = interleaved([messages(siren, 250, 20) for siren in landlords])
    stage.start(1, 2)
    with stage.publishing(plan, 75):
        stage.wait_for(lambda: share(stage, 1, 2), "3 topics each")
        freeze(stage, 1)
        stage.wait_for(lambda: len(stage.members().get("worker-2", ())) == 6, "all topics with worker 2")
        for siren in landlords:
            stage.wait_progress(siren=siren)
        stage.signal(signal.SIGCONT, 1)
        stage.wait_for(lambda: share(stage, 1, 2), "3 topics each, again")
        stage.wait_progress(12)
    stage.assert_exact(plan)


def test_a_worker_frozen_in_a_transaction_does_not_hold_its_landlords(stage: Stage) -> None:
    plan = interleaved([messages(siren, 50, 20) for siren in stage.enrol(2)])
    stage.publish(plan)
    with connect(stage.settings, "migrator") as hindrance:
        hindrance.execute("SELECT FROM core.window_state FOR UPDATE")
        stage.start(1)
        stage.wait_for(stage.landlords_are_held, "worker 1 in a transaction")
        stage.signal(signal.SIGSTOP, 1)
    assert stage.landlords_are_held()
    stage.start(2)
    stage.wait_progress(patience=40)
    stage.signal(signal.SIGCONT, 1)
    stage.assert_exact(plan)
