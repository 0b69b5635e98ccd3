"""Read a landlord's receipts from its own topic. Nothing is committed: reading twice gives the same."""

import time
from collections.abc import Collection, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from pydantic import ValidationError

from producers.channel import Position
from runtime.connection import Connection
from runtime.topics import receipts_topic
from schemas.events.receipts import ReceiptEvent

_POLL_MS = 250
_AT_ONCE = 5_000


class ReceiptReader:
    """The receipts topic of one landlord (`Mailbox`). Use it as a context manager.

    What it is asked to wait for is looked for from the end that the topic had when it was opened.
    """

    def __init__(self, connection: Connection) -> None:
        """Connect. Raises KafkaError."""
        self._partition = TopicPartition(receipts_topic(connection.siren), 0)
        self._consumer = KafkaConsumer(**connection.client_options(), enable_auto_commit=False, group_id=None)
        try:
            self._consumer.assign([self._partition])
            self._opened_at = self._end()
        except BaseException:
            self._consumer.close(autocommit=False)
            raise

    def _end(self) -> int:
        return int(self._consumer.end_offsets([self._partition])[self._partition])

    def answers(self, positions: Collection[Position], seconds: float) -> Iterator[ReceiptEvent]:
        """Yield the receipt of each of these messages, once, as it comes; stop when all came or time is over."""
        missing = set(positions)
        self._consumer.seek(self._partition, self._opened_at)
        deadline = time.monotonic() + seconds
        while missing and time.monotonic() < deadline:
            for receipt in self._poll():
                position = position_of(receipt)
                if position in missing and not receipt.data.redriven:
                    missing.remove(position)
                    yield receipt

    def since(self, instant: datetime | None) -> Iterator[ReceiptEvent]:
        """Yield the receipts there are from an instant on (None: all that are kept), oldest first, each once."""
        end = self._end()
        start = None
        if instant is None:
            self._consumer.seek_to_beginning(self._partition)
        else:
            found = self._consumer.offsets_for_times({self._partition: int(instant.timestamp() * 1000)})
            start = found[self._partition]
            self._consumer.seek(self._partition, start.offset if start else end)
        seen: set[tuple[str, bool]] = set()
        while self._consumer.position(self._partition) < end:
            for receipt in self._poll():
                # The outbox may send a receipt again after a fault: the same one, under the same identity.
                if (identity := (receipt.id, receipt.data.redriven)) not in seen:
                    seen.add(identity)
                    yield receipt

    def _poll(self) -> Iterator[ReceiptEvent]:
        for records in self._consumer.poll(timeout_ms=_POLL_MS, max_records=_AT_ONCE).values():
            for record in records:
                if receipt := read_receipt(record.value):
                    yield receipt

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._consumer.close(autocommit=False)


def read_receipt(payload: Any) -> ReceiptEvent | None:
    """Return a receipt; None for what is none, for instance one of a version that this program does not know."""
    try:
        return ReceiptEvent.model_validate_json(payload or b"")
    except ValidationError:
        return None


def position_of(receipt: ReceiptEvent) -> Position:
    """Return where the message that a receipt answers lies."""
    return Position(receipt.data.topic, receipt.data.partition, receipt.data.offset)
