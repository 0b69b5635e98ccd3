"""Where reading starts: the database says, in the same transaction as the work, how far each topic is done.

Kafka's own commits only inform the lag. Invariant: no message between the database's offset and the first
one read is ever skipped; if retention has deleted some, the gap is recorded, never passed over in silence.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, TypeVar

import psycopg
from aiokafka.errors import IllegalStateError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP
from mode import Service

from runtime.logging import logger
from streams.ingest.records import read_whatever_the_headers
from streams.worker_settings import GROUP_SECONDS, RETRY_SECONDS

Connect = Callable[[], psycopg.Connection[Any]]
Result = TypeVar("Result")


def patiently(connect: Connect, work: Callable[[psycopg.Connection[Any]], Result]) -> Result:
    """Do the work on a new connection; waits for the database as long as it is away."""
    while True:
        try:
            with connect() as connection:
                return work(connection)
        except psycopg.OperationalError as error:
            logger(__name__).warning("database away, waiting to know where to read", error=str(error))
            time.sleep(RETRY_SECONDS)


def read_positions(connect: Connect, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return the next offset of each known topic."""
    query = "SELECT topic, partition, next_offset FROM core.ingest_offset WHERE topic = ANY(%s)"
    rows = patiently(connect, lambda connection: connection.execute(query, (list(topics),)).fetchall())
    return {(topic, partition): offset for topic, partition, offset in rows}


GO_ON = {
    "expired": "next_offset = greatest(o.next_offset, excluded.next_offset)",
    "made_again": "next_offset = excluded.next_offset",
}
KINDS = {
    "expired": "messages deleted before they were read",
    "made_again": "topic made again or restored: it ends before what was read of it, and is read from its beginning",
}


def record_gap(connect: Connect, tp: TP, kind: str, expected: int, earliest: int) -> None:
    """Keep that reading could not go on at `expected`, and go on at `earliest`, the first message there is.

    What is read twice of a restored topic ends as duplicates.
    """
    logger(__name__).error(KINDS[kind], topic=tp.topic, expected=expected, earliest=earliest)

    def record(connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "INSERT INTO core.reading_gap (topic, partition, kind, first_lost, next_available) "
            "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (tp.topic, tp.partition, kind, expected, earliest),
        )
        connection.execute(
            "INSERT INTO core.ingest_offset AS o (topic, partition, next_offset) VALUES (%s, %s, %s) "  # noqa: S608
            f"ON CONFLICT (topic, partition) DO UPDATE SET {GO_ON[kind]}",
            (tp.topic, tp.partition, earliest),
        )

    patiently(connect, record)


def consumer_class(connect: Connect, leave: Callable[[], None]) -> type[Consumer]:
    """Return a Faust consumer that starts each assigned partition where the database says.

    `leave` is called, in a thread, when the consumer has lost its group for good.
    """
    read_whatever_the_headers()

    class DatabasePositionedConsumer(Consumer):  # type: ignore[misc]
        seeks = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.rewinds: Counter[TP] = Counter()

        async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
            """Yield fetched messages, leaving out those fetched before a seek: they come again.

            Faust notes the offset of the one that a seek overtook, and would drop the earlier ones that the seek
            brings back: its note is wiped, the database's offsets recognise what comes twice.
            """
            seeks, rewinds = self.seeks, self.rewinds.copy()
            async for tp, message in super().getmany(timeout):
                if self.seeks != seeks:
                    return
                if self.rewinds[tp] == rewinds[tp]:
                    self._read_offset[tp] = None
                    yield tp, message

        async def rewind(self, due: Mapping[tuple[str, int], int]) -> None:
            """Go back to the offsets that the database holds, where messages came before their turn.

            A partition that was taken away meanwhile is left: whoever has it seeks by itself.
            """
            wanted = {TP(topic, partition): offset for (topic, partition), offset in due.items()}
            self.rewinds.update(wanted.keys())
            try:
                await self._read_from(wanted)
            except IllegalStateError:
                logger(__name__).warning("partition taken away before its rewind", due=due)

        @Service.task
        async def _leave_if_the_group_is_lost(self) -> None:
            """Watch aiokafka's coordinator: an assignment it did not expect ends it, and nobody sees it.

            A task of the consumer's own: the application's timers do not run before the first assignment.
            """
            while not self.should_stop:
                await self.sleep(GROUP_SECONDS)
                coordinator = getattr(getattr(self._thread, "_consumer", None), "_coordinator", None)
                task = getattr(coordinator, "_coordination_task", None)
                if task is not None and task.done() and not self.should_stop:
                    await asyncio.to_thread(leave)

        async def seek_to_committed(self) -> dict[TP, int]:
            self.seeks += 1
            await super().seek_to_committed()
            assigned = [TP(tp.topic, tp.partition) for tp in self.assignment()]
            done = await asyncio.to_thread(read_positions, connect, [tp.topic for tp in assigned])
            wanted = {tp: done.get((tp.topic, tp.partition), 0) for tp in assigned}
            return await self._read_from(wanted)

        async def _read_from(self, wanted: dict[TP, int]) -> dict[TP, int]:
            """Seek to these offsets, or to the first there is where they are no longer, or not yet, in the topic."""
            earliest = await self.earliest_offsets(*wanted) if wanted else {}
            ends = await self.highwaters(*wanted) if wanted else {}
            for tp, offset in wanted.items():
                first, end = earliest.get(tp, 0), ends.get(tp, offset)
                if first > offset or end < offset:
                    kind = "expired" if first > offset else "made_again"
                    await asyncio.to_thread(record_gap, connect, tp, kind, offset, first)
                    wanted[tp] = first
                await self._seek(tp, wanted[tp])
            return wanted

    return DatabasePositionedConsumer
