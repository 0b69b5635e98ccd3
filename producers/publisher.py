"""Publish messages as a landlord: acknowledged by the broker, refused here with a clear message if too large."""

from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import MessageSizeTooLargeError

from producers.channel import Position
from runtime.connection import Connection
from runtime.topics import MAX_MESSAGE_BYTES, moves_topic, sandbox_topic

SINGLE = b"application/cloudevents+json"
BATCH = b"application/cloudevents-batch+json"
OVERHEAD_BYTES = 1_024


class MessageTooLargeError(ValueError):
    """A message is over the broker's limit; the message, in French, says what to do."""


class Publisher:
    """One landlord's connection. Use it as a context manager: leaving it waits for every acknowledgement.

    `keep_positions`: remember where each message lies, for its receipt; a long history has no need of it.
    """

    def __init__(self, connection: Connection, *, sandbox: bool = False, keep_positions: bool = False) -> None:
        self._topic = sandbox_topic(connection.siren) if sandbox else moves_topic(connection.siren)
        self._producer = KafkaProducer(
            **connection.client_options(),
            acks="all",
            linger_ms=5,
            batch_size=262_144,
            max_request_size=MAX_MESSAGE_BYTES,
            max_block_ms=30_000,
        )
        self._failures: list[BaseException] = []
        self._sent: list[Any] | None = [] if keep_positions else None

    def send(self, payload: bytes, *, batch: bool, timestamp_ms: int | None = None) -> None:
        """Queue a message. `timestamp_ms` counts only where a history is replayed: elsewhere the broker's holds.

        Raises MessageTooLargeError, with nothing sent.
        """
        limit = MAX_MESSAGE_BYTES - OVERHEAD_BYTES
        if len(payload) > limit:
            raise MessageTooLargeError(
                f"message de {len(payload):,} octets : {limit:,} au plus ; coupez le lot en plusieurs messages"
            )
        headers = [("content-type", BATCH if batch else SINGLE)]
        try:
            future = self._producer.send(self._topic, value=payload, headers=headers, timestamp_ms=timestamp_ms)
        except MessageSizeTooLargeError as error:
            raise MessageTooLargeError(f"message trop grand pour le serveur : {len(payload):,} octets") from error
        future.add_errback(self._failures.append)
        if self._sent is not None:
            self._sent.append(future)

    def flush(self) -> None:
        """Wait until everything queued is acknowledged; raises the first failure (for instance a refused right)."""
        self._producer.flush()
        if self._failures:
            raise self._failures[0]

    def positions(self) -> list[Position]:
        """Return where each message lies, in the order they were sent, once they are acknowledged."""
        return [Position(one.value.topic, one.value.partition, one.value.offset) for one in self._sent or ()]

    def __enter__(self) -> Self:
        """Return the publisher."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush, unless an error is on its way, and close."""
        try:
            if error is None:
                self.flush()
        finally:
            self._producer.close(timeout=5)
