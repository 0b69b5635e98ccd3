"""The relay: what transactions left in the outbox goes to Kafka, in order, then out of the table.

A crash between the two sends a message again with the same `message_id`: its reader can tell.
"""

from typing import Any

import psycopg
from kafka import KafkaProducer
from kafka.errors import KafkaError

from runtime.broker import WORKER, client_options
from runtime.logging import logger
from runtime.settings import Settings
from streams.ingest.receipts import CONTENT_TYPE

BATCH = 500
ENOUGH = 3
"""Topics that cannot be reached, after which the broker is taken for away."""


def producer(settings: Settings) -> KafkaProducer:
    """Return the relay's producer: idempotent, acknowledged by the broker."""
    return KafkaProducer(**client_options(settings, WORKER), acks="all", linger_ms=5, max_block_ms=2_000)


def relay(connection: psycopg.Connection[Any], sender: KafkaProducer) -> int:
    """Send what waits, at most 500; return how many were. What one topic refuses waits ten seconds, the others go on.

    Raises what psycopg or kafka-python raise, losing nothing, when nothing could be sent.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT outbox_id, topic, message_id, payload FROM core.outbox WHERE not_before <= clock_timestamp() "
            "ORDER BY outbox_id LIMIT %s FOR UPDATE SKIP LOCKED",
            (BATCH,),
        )
        waiting = cursor.fetchall()
        if not waiting:
            return 0
        gone, kept, failure = _sent(sender, waiting)
        if failure is not None and not gone:
            raise failure
        if failure is not None:
            logger(__name__).warning("some could not be sent, they wait a moment", kept=len(kept), error=str(failure))
        cursor.execute("DELETE FROM core.outbox WHERE outbox_id = ANY(%s)", (gone,))
        cursor.execute(
            "UPDATE core.outbox SET not_before = clock_timestamp() + interval '10 seconds' WHERE outbox_id = ANY(%s)",
            (kept,),
        )
        return len(gone)


def _sent(sender: KafkaProducer, waiting: list[tuple[int, str, str, bytes]]) -> tuple[list[int], list[int], Any]:
    """Send; return the numbers of what the broker has, of what it did not take, and the first error, if any.

    After a few topics that cannot be reached the rest is left alone: each costs seconds, and it is the broker.
    """
    futures: dict[int, Any] = {}
    gone: list[int] = []
    kept: list[int] = []
    failure: KafkaError | None = None
    refusing: set[str] = set()
    for number, topic, message_id, payload in waiting:
        if topic in refusing:
            kept.append(number)
            continue
        if len(refusing) == ENOUGH:
            break
        try:
            key = message_id.encode()
            headers = [("content-type", CONTENT_TYPE), ("message_id", key)]
            futures[number] = sender.send(topic, value=bytes(payload), key=key, headers=headers)
        except KafkaError as error:  # a topic that is not there: its landlord's, not the others'
            kept.append(number)
            refusing.add(topic)
            failure = failure or error
    sender.flush(timeout=30)
    for number, future in futures.items():
        try:
            future.get(timeout=30)
            gone.append(number)
        except KafkaError as error:
            kept.append(number)
            failure = failure or error
    return gone, kept, failure
