"""Which landlords' topics there are, and how far each goes."""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from runtime.broker import WORKER, client_options
from runtime.logging import logger
from runtime.settings import Settings
from runtime.topics import MOVES, SANDBOX, SENTINEL, is_sandbox
from streams.worker_settings import RETRY_SECONDS

DONE = "SELECT topic, next_offset FROM core.ingest_offset WHERE topic = ANY(%s) AND partition = 0"


class Ends(NamedTuple):
    """What the ends of topics say: the offset that is due, by topic, where messages wait, and where there is none.

    `made_again`: topics that end before what was read of them; positions must be taken anew.
    """

    waiting: dict[str, int]
    made_again: dict[str, int]


def landlord_topics(names: Iterable[str]) -> list[str]:
    """Return what landlords write among `names`: moves and sandboxes, sorted, and the sentinel.

    It keeps a worker alive alone.
    """
    return sorted({SENTINEL, *(name for name in names if name.startswith((MOVES, SANDBOX)))})


class TopicWatcher:
    """Asks the broker; one connection, made again after a fault."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._consumer: KafkaConsumer | None = None

    def _client(self) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(**client_options(self._settings, WORKER))
        return self._consumer

    def topics(self) -> list[str]:
        """Return the topics of landlords that exist now."""
        return landlord_topics(self._client().topics())

    def record_ends(self, connection: psycopg.Connection[Any], topics: Iterable[str]) -> Ends:
        """Write how far each topic of moves goes: the lag on the dashboards is this minus what is done.

        A sandbox is no lag, but a worker that leaves it lying stands still all the same.
        """
        names = list(topics)
        done = dict(connection.execute(DONE, (names,)).fetchall())
        # In this order: what is done cannot lie beyond an end that was asked for later.
        ends = {tp.topic: end for tp, end in self._client().end_offsets([TopicPartition(t, 0) for t in names]).items()}
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO core.topic_end (topic, partition, end_offset) VALUES (%s, 0, %s) "
                "ON CONFLICT (topic, partition) DO UPDATE SET end_offset = excluded.end_offset, "
                "seen_at = clock_timestamp()",
                sorted((topic, end) for topic, end in ends.items() if not is_sandbox(topic)),
            )
        due = {topic: (done.get(topic, 0), end) for topic, end in ends.items()}
        return Ends(
            {topic: offset for topic, (offset, end) in due.items() if end > offset},
            {topic: offset for topic, (offset, end) in due.items() if end < offset},
        )

    def close(self) -> None:
        """Forget the connection: the next call makes a new one."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
            self._consumer = None


def topics_when_reachable(settings: Settings) -> list[str]:
    """Return the topics of landlords that exist now; waits for the broker as long as it is away."""
    watcher = TopicWatcher(settings)
    while True:
        try:
            return watcher.topics()
        except (KafkaError, OSError) as error:
            logger(__name__).warning("broker away, waiting to know the topics", error=str(error))
            time.sleep(RETRY_SECONDS)
        finally:
            watcher.close()
