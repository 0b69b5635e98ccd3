"""The heart of the agent, without Faust: decode a batch while the database works on the one before.

Everything is caught here. A fault of the database is retried in place, holding the messages; a bug is
logged and ends the process at once, because an exception that escapes a Faust agent loses messages.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import psycopg
from aiokafka.errors import KafkaError

from runtime.logging import logger
from runtime.topics import is_sandbox
from schemas.events.rules import Rules
from streams.counters.chunks import FactChunks
from streams.ingest.cells import Cells
from streams.ingest.commit import (
    Batch,
    Ready,
    commit_batch,
    make_ready,
    prepare_connection,
    refused,
    without_registers,
)
from streams.ingest.decode import Message, decode
from streams.ingest.sandbox import Rehearsal, Tried, commit_rehearsal, tried
from streams.ingest.turns import Carrying, Committed, Made, Partition
from streams.worker_settings import RETRY_SECONDS

EXIT_BUG = 70
TRANSIENT = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.IdleInTransactionSessionTimeout)
"""Database away, restarting, deadlock, serialization: PostgreSQL classes them all as operational."""
UNSTORABLE = (psycopg.DataError, psycopg.InternalError, psycopg.errors.ProgramLimitExceeded)
"""What the values of an event may cause: out of range, too large to allocate."""

Work = TypeVar("Work", Batch, Rehearsal)
Rewind = Callable[[Mapping[Partition, int]], Awaitable[None]]
log = logger(__name__)


async def nowhere_to_rewind(due: Mapping[Partition, int]) -> None:
    """Stand for the reader where messages come from a list: a list in disorder is a bug."""
    raise ValueError(f"messages came before their turn, due are {dict(due)}")


class Acknowledgeable(Protocol):
    """A Faust event: a message and the means to acknowledge it."""

    message: Any

    def ack(self) -> bool:
        """Acknowledge the message."""
        ...


def as_message(event: Acknowledgeable) -> Message:
    """Return the record of a Faust event."""
    record = event.message
    return Message(record.topic, record.partition, record.offset, record.timestamp, record.value or b"")


def _cause(error: Exception) -> str:
    """Return the first line of a database's error: those after it may quote the row."""
    return "".join(str(error).strip().splitlines()[:1])[:300]


class Pipeline:
    """Two threads: one decodes, one commits. At most one batch in each, so memory stays flat."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Any]], rules: Rules, rewind: Rewind = nowhere_to_rewind
    ) -> None:
        self._connect = connect
        self._rules = rules
        self._rewind = rewind
        self._cells = Cells(connect)
        self._chunks = FactChunks(connect)
        self._connection: psycopg.Connection[Any] | None = None
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decode")
        self._committer = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._in_flight: asyncio.Task[None] | None = None
        self._in_hand = 0
        self.taken = 0
        """Batches handed over so far."""

    @property
    def working(self) -> bool:
        """Whether a batch is in hand: being decoded, committed, or waiting for the database."""
        return self._in_hand > 0

    async def submit(self, events: Sequence[Acknowledgeable]) -> None:
        """Take a batch: returns when it is decoded and the batch before is committed and acknowledged.

        What counts goes before what a sandbox holds, in a transaction of its own: a flood there keeps nobody waiting
        longer than the take that is in hand.
        """
        for sandbox in (False, True):
            if part := [event for event in events if is_sandbox(event.message.topic) is sandbox]:
                await self._take(part)

    async def _take(self, events: Sequence[Acknowledgeable]) -> None:
        self.taken += 1
        self._in_hand += 1
        loop = asyncio.get_running_loop()
        messages = [as_message(event) for event in events]
        batch = await loop.run_in_executor(self._decoder, self._guarded, self.prepare, messages)
        if self._in_flight is not None:
            await self._in_flight
        self._in_flight = asyncio.create_task(self._finish(batch, events))

    async def drain(self) -> None:
        """Wait until what was submitted is committed and acknowledged."""
        if self._in_flight is not None:
            await self._in_flight

    def prepare(self, messages: Sequence[Message]) -> Batch | Rehearsal:
        """Decode and pack messages that count, or messages of sandboxes: never both.

        Waits for the database if a new place has to be numbered while it is away.
        """
        if messages and is_sandbox(messages[0].topic):
            return Rehearsal([self._asking(self._tried, message) for message in messages])
        return Batch([self._asking(self._ready, message) for message in messages], self._cells)

    def _tried(self, message: Message) -> Tried:
        return tried(decode(message, self._rules))

    def _ready(self, message: Message) -> Ready:
        decoded = decode(message, self._rules)
        self._chunks.ensure(decoded.received_on)
        return make_ready(decoded, self._cells)

    def _asking(self, read: Callable[[Message], Made], message: Message) -> Made:
        """Read a message; wait for the database if a place, a chunk or a merger is to be asked for while it is away."""
        while True:
            try:
                return read(message)
            except TRANSIENT as error:
                self._wait("database away while reading a message", error)

    def commit(self, batch: Batch | Rehearsal) -> Committed:
        """Commit, again and again until the database takes it.

        Where values that no rule foresaw make the database refuse a batch, its messages are committed one by one,
        and what is refused alone goes to the quarantine: one landlord's message never stops the others.
        """
        if isinstance(batch, Rehearsal):
            return self._patiently(commit_rehearsal, batch)
        try:
            return self._patiently(commit_batch, batch)
        except UNSTORABLE as error:
            log.error("the database refuses a batch: its messages are taken one by one", error=_cause(error))
        new = 0
        due: dict[Partition, int] = {}
        for ready in batch.messages:
            alone = self._commit_alone(ready)
            new += alone.new
            due |= alone.due
        return Committed(new, due)

    def _commit_alone(self, ready: Ready) -> Committed:
        for spared in (lambda one: one, without_registers):
            try:
                return self._patiently(commit_batch, Batch([spared(ready)], self._cells))
            except UNSTORABLE as error:
                log.error("the database refuses a message", message=ready.message.identity, error=_cause(error))
        return self._patiently(commit_batch, Batch([refused(ready)], self._cells))

    def _patiently(self, write: Callable[[psycopg.Connection[Any], Work], Committed], batch: Work) -> Committed:
        while True:
            try:
                if self._connection is None or self._connection.closed or self._connection.broken:
                    self._connection = self._connect()
                    prepare_connection(self._connection)
                return write(self._connection, batch)
            except psycopg.errors.ProgramLimitExceeded:
                raise
            except TRANSIENT as error:
                # Whatever happened to the session, a new one knows nothing of it.
                if self._connection is not None:
                    self._connection.close()
                self._wait("batch not committed, trying again", error)

    async def _finish(self, batch: Batch | Rehearsal, events: Sequence[Acknowledgeable]) -> None:
        loop = asyncio.get_running_loop()
        try:
            done = await loop.run_in_executor(self._committer, self._guarded, self.commit, batch)
            messages: Sequence[Carrying] = batch.messages
            for carrying, event in zip(messages, events, strict=True):
                offset = carrying.message.offset
                if offset < done.due.get(carrying.message.place, offset + 1):
                    event.ack()
            if done.due:
                log.warning("messages came before their turn: reading goes back", due=done.due)
                await self._go_back(done.due)
        finally:
            self._in_hand -= 1

    async def _go_back(self, due: Mapping[Partition, int]) -> None:
        """Rewind, again and again while the broker is away."""
        while True:
            try:
                await self._rewind(due)
                return
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("broker away, reading goes back when it answers", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.critical("bug in the agent: the process ends, nothing is acknowledged", exc_info=True)
                os._exit(EXIT_BUG)

    @staticmethod
    def _guarded(work: Callable[[Any], Any], argument: Any) -> Any:
        try:
            return work(argument)
        except BaseException:
            log.critical("bug in the agent: the process ends, nothing is acknowledged", exc_info=True)
            os._exit(EXIT_BUG)

    @staticmethod
    def _wait(what: str, error: Exception) -> None:
        log.warning(what, error=_cause(error))
        time.sleep(RETRY_SECONDS)
