"""However often the archive is killed or waits, each record of the broker is in it once, byte for byte."""

import itertools
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from consumers.archive import files
from consumers.archive.checking import verify
from consumers.archive.reading import ALIVE, archive
from consumers.archive.retention import erase
from consumers.errors import ConsumerError
from operations.services import broker_service, worker_service
from operations.services.process import wait_until
from producers.publisher import Publisher
from runtime.broker import (
    ARCHIVE,
    ARCHIVE_GROUP,
    admin,
    client_options,
    enrol_archive,
    enrol_landlords,
    landlord_connection,
)
from runtime.clock import SystemClock
from runtime.settings import ROOT, Settings
from runtime.topics import landlord_principal, moves_topic
from tests.consumers.archive.program import QUICK
from tests.streams.faults.events import Sent, interleaved, messages, sirens

pytestmark = pytest.mark.services
_numbers = itertools.count(10_000, step=20)


class Cold:
    """One test's landlords, the archive's folder, and the process that writes it."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.process: subprocess.Popen[bytes] | None = None
        self.landlords: list[str] = []

    def enrol(self, number: int) -> list[str]:
        found = sirens(next(_numbers), number)
        enrol_landlords(self.settings, found)
        self.landlords += found
        return found

    def number(self) -> int:
        """Return how many records are archived."""
        return sum(map(len, self.archived().values()))

    def start(self, *dying: str) -> None:
        (self.folder / ALIVE).unlink(missing_ok=True)
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.consumers.archive.program", str(self.folder), *dying],
                cwd=ROOT,
                env={**os.environ, **worker_service.environment(self.settings)},
                stdout=log,
                stderr=log,
            )

    def end(self, how: signal.Signals) -> int:
        """Send a signal to the process once it has found the broker; return its exit code."""
        assert self.process is not None
        assert wait_until((self.folder / ALIVE).exists, 60, every=0.01), self.log()
        self.process.send_signal(how)
        return self.process.wait(30)

    def publish(self, sent: list[Sent]) -> None:
        with ExitStack() as stack:
            publishers: dict[str, Publisher] = {}
            for one in sent:
                if one.siren not in publishers:
                    publishers[one.siren] = stack.enter_context(
                        Publisher(landlord_connection(self.settings, one.siren))
                    )
                publishers[one.siren].send(one.payload, batch=one.batch)

    def archived(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is in the archive, by topic, in the order of its files."""
        found: dict[str, list[dict[str, Any]]] = {}
        for span in files.parts(self.folder):
            found.setdefault(span.topic, []).extend(files.read_rows(span.path))
        return found

    def on_the_broker(self) -> dict[str, list[dict[str, Any]]]:
        consumer = KafkaConsumer(**client_options(self.settings, "admin"), enable_auto_commit=False)
        found: dict[str, list[dict[str, Any]]] = {}
        partitions = [TopicPartition(moves_topic(siren), 0) for siren in self.landlords]
        try:
            ends = consumer.end_offsets(partitions)
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            while any(consumer.position(tp) < ends[tp] for tp in partitions):
                for tp, records in consumer.poll(timeout_ms=500).items():
                    found.setdefault(tp.topic, []).extend(
                        {
                            "topic": one.topic,
                            "partition": one.partition,
                            "offset": one.offset,
                            "timestamp": one.timestamp,
                            "key": one.key,
                            "value": one.value,
                            "headers": list(one.headers),
                        }
                        for one in records
                    )
        finally:
            consumer.close(autocommit=False)
        return found

    def wait(self, number: int) -> None:
        """Wait until so many records are archived."""

        assert wait_until(lambda: self.number() >= number, 60, every=0.02), self.log()

    def log(self) -> str:
        return (self.folder.parent / "log").read_text()[-2000:]

    def assert_exact(self) -> None:
        assert self.archived() == self.on_the_broker()
        assert verify(self.folder).problems == []


@pytest.fixture
def cold(broker: Settings, tmp_path: Path) -> Iterator[Cold]:
    """A broker without landlords, an empty folder; no process is left behind."""
    enrol_archive(broker)
    stage = Cold(broker, tmp_path / "archive")
    yield stage
    if stage.process is not None and stage.process.poll() is None:
        stage.process.kill()
        stage.process.wait(10)
    broker_service.start(broker, print)


@pytest.mark.parametrize("point", ["written", "renamed", "committed"])
def test_killed_at_any_point_it_loses_nothing_and_repeats_nothing(cold: Cold, point: str) -> None:
    first, second = cold.enrol(2)
    published = 0
    for attempt in (1, 2, 3):
        plan = interleaved([messages(siren, 40, 4, seed=attempt) for siren in (first, second)])
        cold.publish(plan)
        published += len(plan)
        # Each time it has more files to write than it is given to live for.
        cold.start(point, str(attempt + 1))
        assert cold.process is not None
        assert cold.process.wait(60) == -signal.SIGKILL
        assert 0 < cold.number() < published
        assert verify(cold.folder).problems == []
    cold.start()
    cold.wait(published)
    assert cold.end(signal.SIGTERM) == 0
    cold.assert_exact()
    assert cold.number() == published
    assert not list(cold.folder.rglob("*.new"))


def test_what_kafka_has_committed_does_not_say_where_it_goes_on(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    cold.publish(messages(siren, 10, 2))
    cold.start()
    cold.wait(10)
    assert cold.end(signal.SIGTERM) == 0
    group = KafkaConsumer(**client_options(cold.settings, ARCHIVE), group_id=ARCHIVE_GROUP, enable_auto_commit=False)
    assert group.committed(TopicPartition(moves_topic(siren), 0)) == 10, "the operator sees how far it is"
    group.close(autocommit=False)
    # The last file is lost, as from a restored copy: its records are read again though Kafka says that they are done.
    files.parts(cold.folder)[-1].path.unlink()
    cold.start()
    cold.wait(10)
    cold.end(signal.SIGTERM)
    cold.assert_exact()


def test_a_new_landlord_is_taken_up_while_it_runs(cold: Cold) -> None:
    cold.start()
    (siren,) = cold.enrol(1)
    cold.publish(messages(siren, 5, 2))
    cold.wait(5)
    (other,) = cold.enrol(1)
    cold.publish(messages(other, 5, 2))
    cold.wait(10)
    cold.end(signal.SIGTERM)
    cold.assert_exact()
    assert {path.name for path in cold.folder.glob("siren=*")} == {f"siren={siren}", f"siren={other}"}


class RawKey(str):
    """A header's key that its writer encodes as bytes that are no UTF-8."""

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfe"


def test_bad_bytes_are_kept_as_they_are(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    strange = [b"", b"\xff\xfe\x00", b"[" * 5000, b'{"data": ', None]
    producer = KafkaProducer(**client_options(cold.settings, landlord_principal(siren)))
    for value in strange:
        producer.send(moves_topic(siren), value=value, key=b"\xff").get(timeout=20)
    producer.send(moves_topic(siren), value=b"unreadable headers", headers=[(RawKey("x"), b"1")]).get(timeout=20)
    producer.send(moves_topic(siren), value=b"the one after", headers=[("ok", b"2")]).get(timeout=20)
    producer.close(timeout=5)
    cold.start()
    cold.wait(7)
    cold.end(signal.SIGTERM)
    rows = cold.archived()[moves_topic(siren)]
    assert [one["value"] for one in rows] == [*strange, b"unreadable headers", b"the one after"]
    assert [one["key"] for one in rows[:5]] == [b"\xff"] * 5
    assert rows[-1]["headers"] == [("ok", b"2")]
    assert verify(cold.folder).problems == []


def test_it_waits_for_a_broker_that_is_away(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    plan = messages(siren, 20, 2)
    cold.publish(plan[:10])
    cold.start()
    cold.wait(10)
    broker_service.stop(cold.settings)
    broker_service.start(cold.settings, print)
    cold.publish(plan[10:])
    cold.wait(20)
    assert cold.end(signal.SIGTERM) == 0
    cold.assert_exact()


def test_what_kafka_deleted_before_it_was_read_is_a_recorded_gap(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    topic = moves_topic(siren)
    cold.publish(messages(siren, 6, 2))
    cold.start()
    cold.wait(6)
    cold.end(signal.SIGTERM)
    cold.publish(messages(siren, 6, 2, seed=2))
    client = admin(cold.settings)
    client.delete_records({TopicPartition(topic, 0): 9})
    client.close()
    cold.start()
    cold.wait(9)
    cold.end(signal.SIGTERM)
    assert [one["offset"] for one in cold.archived()[topic]] == [0, 1, 2, 3, 4, 5, 9, 10, 11]
    assert [(gap.first, gap.last) for gap in files.gaps(cold.folder)] == [(6, 8)]
    verdict = verify(cold.folder)
    assert (verdict.lost, verdict.problems) == (3, [])


def test_a_topic_that_was_made_again_is_not_mixed_with_the_old_one(cold: Cold) -> None:
    (siren, other) = cold.enrol(2)
    topic = moves_topic(siren)
    cold.publish(messages(siren, 2, 2))
    cold.start()
    cold.wait(2)
    cold.end(signal.SIGTERM)
    before = cold.archived()
    client = admin(cold.settings)
    client.delete_topics([topic])
    client.close()
    enrol_landlords(cold.settings, [siren])
    cold.publish(messages(siren, 1, 2, seed=3))
    cold.start()
    cold.publish(messages(other, 3, 2))
    cold.wait(5)
    cold.end(signal.SIGTERM)
    assert cold.archived()[topic] == before[topic]
    assert "topic made again" in cold.log()


def test_what_is_erased_before_it_is_read_is_never_archived(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    plan = messages(siren, 6, 2)
    cold.publish(plan)
    cold.folder.mkdir()
    erased = {event["data"]["move_id"] for event in orjson.loads(plan[0].payload)}
    assert erase(cold.folder, siren, erased, SystemClock().now()) == 0
    cold.start()
    cold.wait(1)
    cold.end(signal.SIGTERM)
    left = [event["data"] for one in cold.archived()[moves_topic(siren)] for event in orjson.loads(one["value"])]
    assert left
    assert not erased & {data["move_id"] for data in left}
    assert files.next_offsets(cold.folder) == {moves_topic(siren): len(plan)}
    assert verify(cold.folder).problems == []


def test_a_second_archive_of_the_same_folder_is_refused(cold: Cold) -> None:
    cold.start()
    assert wait_until((cold.folder / ALIVE).exists, 60, every=0.01)
    with pytest.raises(ConsumerError, match="travaille déjà"):
        archive(cold.settings, cold.folder, SystemClock(), threading.Event(), QUICK)


def test_the_archive_may_read_and_nothing_else(cold: Cold) -> None:
    (siren,) = cold.enrol(1)
    producer = KafkaProducer(**client_options(cold.settings, ARCHIVE), max_block_ms=10_000, enable_idempotence=False)
    with pytest.raises(TopicAuthorizationFailedError):
        producer.send(moves_topic(siren), value=b"{}").get(timeout=15)
    producer.close(timeout=2)
