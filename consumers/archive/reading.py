"""Read every landlord's topic of moves into the archive, exactly once however often it is stopped.

Invariant: a record is in the archive once, or is still to be read: the files say where reading goes on, never Kafka's
commit, which only tells the operator how far the archive is. A file is in its place before its offsets are committed.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.group import OffsetAndMetadata
from kafka.errors import KafkaError, OffsetOutOfRangeError

from consumers.archive import files
from consumers.archive.erasures import remembered, without_erased
from consumers.archive.records import read_whatever_the_headers
from runtime.broker import ARCHIVE, ARCHIVE_GROUP, client_options
from runtime.clock import Clock
from runtime.logging import logger
from runtime.settings import Settings
from runtime.topics import MOVES, SENTINEL, landlord_of

ALIVE = ".alive"
"""Touched whenever the broker has answered: what a health check looks at."""
RETRY_SECONDS = 2.0
RECORD_BYTES = 200
"""What a record takes in memory besides its key and value."""


@dataclass(frozen=True)
class Pace:
    """How much is held in memory (bytes), how long (seconds) before files are written, how often topics are asked.

    `records` are taken between two looks at how much is held.
    """

    bytes_held: int = 32 * 1024 * 1024
    records: int = 100
    seconds: float = 60.0
    topics_seconds: float = 10.0
    poll_ms: int = 1_000


class Archivist:
    """One consumer, its positions, and what it holds. Positions and what is held outlive a connection."""

    def __init__(self, settings: Settings, folder: Path, clock: Clock, pace: Pace) -> None:
        self._settings, self._folder, self._clock, self._pace = settings, folder, clock, pace
        self._positions = files.next_offsets(folder)
        self._starts: dict[str, int] = {}
        self._held: dict[str, list[dict[str, Any]]] = {}
        self._size = 0
        self._oldest = 0.0
        self._set_aside: set[str] = set()

    def run(self, stopping: threading.Event) -> None:
        """Archive until told to stop; then write what is held. Waits for the broker as long as it is away."""
        while not stopping.is_set():
            try:
                self._read_until(stopping)
            except (KafkaError, OSError) as error:
                if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
                    raise  # a full disk is no broker that is away
                logger(__name__).warning("the broker is away or refuses, the archive waits", error=str(error))
                stopping.wait(RETRY_SECONDS)

    def _read_until(self, stopping: threading.Event) -> None:
        consumer = KafkaConsumer(
            **client_options(self._settings, ARCHIVE),
            group_id=ARCHIVE_GROUP,
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_bytes=self._pace.bytes_held // 4,
        )
        try:
            asked = -self._pace.topics_seconds
            while not stopping.is_set():
                if time.monotonic() - asked >= self._pace.topics_seconds:
                    self._take_up(consumer)
                    asked = time.monotonic()
                if not consumer.assignment():
                    stopping.wait(self._pace.poll_ms / 1000)
                    continue
                self._poll(consumer)
                if self._size >= self._pace.bytes_held or self._is_due():
                    self._write(consumer)
            self._write(consumer)
        finally:
            consumer.close(autocommit=False)

    def _is_due(self) -> bool:
        return bool(self._held) and time.monotonic() - self._oldest >= self._pace.seconds

    def _take_up(self, consumer: Any) -> None:
        """Read the topics that exist now, each from its position."""
        topics = sorted(name for name in consumer.topics() if name.startswith(MOVES) and name != SENTINEL)
        (self._folder / ALIVE).touch(mode=0o600)
        wanted = [TopicPartition(topic, 0) for topic in topics if topic not in self._set_aside]
        known = consumer.assignment()
        consumer.assign(wanted)
        self._align(consumer, [tp for tp in wanted if tp not in known])

    def _align(self, consumer: Any, partitions: Iterable[Any]) -> None:
        """Seek to where reading goes on; what Kafka deleted before it was read is recorded as a gap."""
        wanted = list(partitions)
        if not wanted:
            return
        earliest, ends = consumer.beginning_offsets(wanted), consumer.end_offsets(wanted)
        for tp in wanted:
            topic, position = tp.topic, self._positions.get(tp.topic)
            if position is None:
                position = self._positions[topic] = earliest[tp]
            elif position < earliest[tp]:
                logger(__name__).error("messages deleted before they were archived", topic=topic, expected=position)
                self._write(consumer)  # a file never answers for both sides of a gap
                files.write_gap(self._folder, topic, position, earliest[tp] - 1, "expired", self._clock.now())
                position = self._positions[topic] = earliest[tp]
            elif position > ends[tp]:
                logger(__name__).error("topic made again or restored: not archived into this folder", topic=topic)
                self._set_aside.add(topic)
                consumer.assign([one for one in consumer.assignment() if one != tp])
                continue
            consumer.seek(tp, position)

    def _poll(self, consumer: Any) -> None:
        try:
            fetched = consumer.poll(timeout_ms=self._pace.poll_ms, max_records=self._pace.records)
        except OffsetOutOfRangeError:
            self._align(consumer, consumer.assignment())
            return
        for tp, records in fetched.items():
            for record in records:
                if record.offset >= self._positions[tp.topic]:
                    self._hold(record)

    def _hold(self, record: Any) -> None:
        topic = record.topic
        if not self._held:
            self._oldest = time.monotonic()
        if topic not in self._held:
            self._held[topic] = []
            # What lies between two records and is none (a transaction's marker) goes with the next one.
            self._starts.setdefault(topic, self._positions[topic])
        self._held[topic].append(
            {
                "topic": topic,
                "partition": record.partition,
                "offset": record.offset,
                "timestamp": record.timestamp,
                "key": record.key,
                "value": record.value,
                "headers": record.headers,
            }
        )
        self._positions[topic] = record.offset + 1
        self._size += RECORD_BYTES + len(record.key or b"") + len(record.value or b"")

    def _write(self, consumer: Any) -> None:
        """Write what is held, then commit: in this order."""
        committed = {}
        for topic in sorted(self._held):
            with files.held(self._folder, files.LOCK):  # an erasure comes before this file, or finds it
                erased = remembered(self._folder, landlord_of(topic)).values()
                for first, last, month, rows in runs_by_month(self._starts.pop(topic), self._held.pop(topic)):
                    files.write_part(self._folder, topic, first, last, month, without_erased(rows, erased))
            committed[TopicPartition(topic, 0)] = OffsetAndMetadata(self._positions[topic], "", -1)
        self._size = 0
        if committed:
            consumer.commit(committed)


def runs_by_month(start: int, rows: list[dict[str, Any]]) -> Iterator[tuple[int, int, date, list[dict[str, Any]]]]:
    """Yield (first offset, last offset, month, records) of each run of one month of arrival, no hole from `start`."""
    for month, group in groupby(rows, lambda row: files.arrived_on(row["timestamp"]).replace(day=1)):
        run = list(group)
        yield start, run[-1]["offset"], month, run
        start = run[-1]["offset"] + 1


def archive(
    settings: Settings, folder: Path, clock: Clock, stopping: threading.Event, pace: Pace | None = None
) -> None:
    """Archive into `folder` until told to stop. Raises ConsumerError if another process does."""
    read_whatever_the_headers()
    with files.held(folder, files.READER_LOCK, wait=False):
        files.remove_unfinished(folder)
        Archivist(settings, folder, clock, pace or Pace()).run(stopping)
