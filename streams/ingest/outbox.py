"""The relay: what transactions left in the outbox goes to Kafka, in order, then out of the table.

A crash between the two sends a message again with the same `message_id`: its reader can tell.
"""

from typing import Any

import psycopg
from kafka import KafkaProducer

from runtime.broker import WORKER, client_options
from runtime.settings import Settings

BATCH = 500


def producer(settings: Settings) -> KafkaProducer:
    """Return the relay's producer: idempotent, acknowledged by the broker."""
    return KafkaProducer(**client_options(settings, WORKER), acks="all", linger_ms=5, compression_type=None)


def relay(connection: psycopg.Connection[Any], sender: KafkaProducer) -> int:
    """Send what waits, at most 500; return how many. Raises what psycopg or kafka-python raise, losing nothing."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT outbox_id, topic, message_id, payload FROM core.outbox ORDER BY outbox_id LIMIT %s "
            "FOR UPDATE SKIP LOCKED",
            (BATCH,),
        )
        waiting = cursor.fetchall()
        if not waiting:
            return 0
        sent = [
            sender.send(
                topic, value=bytes(payload), key=message_id.encode(), headers=[("message_id", message_id.encode())]
            )
            for _, topic, message_id, payload in waiting
        ]
        sender.flush(timeout=30)
        for future in sent:
            future.get(timeout=30)
        cursor.execute("DELETE FROM core.outbox WHERE outbox_id = ANY(%s)", ([row[0] for row in waiting],))
        return len(waiting)
