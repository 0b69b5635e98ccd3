"""A worker that is killed at any moment, or ended by a bug, loses nothing and counts nothing twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.broker import GROUP, admin
from runtime.topics import moves_topic
from streams.ingest.pipeline import EXIT_BUG
from tests.streams.faults.events import interleaved, messages
from tests.streams.faults.harness import Stage

pytestmark = [pytest.mark.services, pytest.mark.faults]
KILLS = 10
BUGGY_WORKER = Path(__file__).parent / "buggy_worker.py"


def test_a_worker_killed_again_and_again_loses_nothing(stage: Stage) -> None:
    landlords = stage.enrol(8)
    sizes = [30, 30, 30, 30, 60, 60, 1, 1]
    plan = interleaved([messages(siren, 150, size) for siren, size in zip(landlords, sizes, strict=True)])
    moments = random.Random(20260309)
    stage.start(1)
    with stage.publishing(plan, 60):
        for number in range(KILLS):
            # Two of three in the middle of its work, one of three whatever it does: starting, joining, seeking.
            if number % 3:
                stage.wait_progress()
                time.sleep(moments.uniform(0, 0.3))
            else:
                time.sleep(moments.uniform(0, 2.5))
            stage.kill()
            stage.start(1)
    stage.assert_exact(plan)


def committed_in_kafka(stage: Stage) -> dict[str, int]:
    """Return what the workers' group acknowledged to Kafka, by topic."""
    client = admin(stage.settings)
    try:
        offsets = client.list_group_offsets(GROUP)
    finally:
        client.close()
    found = offsets.get(GROUP, offsets)
    return {part.topic: meta.offset for part, meta in found.items() if meta.offset >= 0}


def test_a_bug_ends_the_process_at_once_and_acknowledges_nothing(stage: Stage, tmp_path: Path) -> None:
    landlords = stage.enrol(4)
    plan = interleaved([messages(siren, 120, 20) for siren in landlords])
    environment = {
        **os.environ,
        "QUARTIERS_INSTANCE": stage.settings.instance,
        "QUARTIERS_CACHE": str(stage.settings.cache_dir),
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    stage.publish(plan[:-8])
    for where in ("decode", "before", "inside"):
        before = stage.done()
        worker = subprocess.Popen([sys.executable, str(BUGGY_WORKER), where, "worker-1"], env=environment)
        try:
            assert worker.wait(60) == EXIT_BUG
        finally:
            worker.kill()
        assert before <= stage.done() < len(plan) - 8
        done = dict(stage.query("SELECT topic, next_offset FROM core.ingest_offset"))
        acknowledged = committed_in_kafka(stage)
        for topic in map(moves_topic, landlords):
            assert acknowledged.get(topic, 0) <= done.get(topic, 0), "acknowledged before it was committed"
    stage.start(1)
    stage.publish(plan[-8:])
    stage.assert_exact(plan)
