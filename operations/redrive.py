"""Read quarantined events again, after a fix: what is valid now is applied, what is not stays with its reason."""

from dataclasses import dataclass
from typing import Any

import psycopg

from schemas.events.rules import Rules
from streams.ingest.cells import Cells
from streams.ingest.commit import GATE, Batch, make_ready, prepare_connection, write_events
from streams.ingest.decode import Message, decode
from streams.ledger.moves import lock_landlords

WAITING = """
SELECT quarantine_id, topic, partition, message_offset, extract(epoch FROM received_at)::float8, payload, landlord,
    received_at
FROM core.quarantine
WHERE redriven_at IS NULL AND (%(reason)s::text IS NULL OR reason = %(reason)s)
    AND (%(landlord)s::text IS NULL OR landlord = %(landlord)s)
ORDER BY quarantine_id FOR UPDATE
"""
UNTALLY = """
UPDATE core.tally SET n = n - 1
WHERE landlord = %s AND received_on = %s AND outcome = 'quarantined' AND event_type = 'unreadable'
"""


@dataclass(frozen=True)
class Redriven:
    """How many events were read again, and how many of them are applied or known now."""

    tried: int
    accepted: int


def redrive(
    connection: psycopg.Connection[Any], rules: Rules, cells: Cells, *, reason: str | None, landlord: str | None
) -> Redriven:
    """Read the waiting events again in one transaction, as of their day of receipt."""
    prepare_connection(connection)
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
        cursor.execute("SELECT DISTINCT landlord FROM core.quarantine WHERE redriven_at IS NULL")
        lock_landlords(cursor, [row[0] for row in cursor.fetchall()])
        waiting = cursor.execute(WAITING, {"reason": reason, "landlord": landlord}).fetchall()
        ready, done = [], []
        for number, topic, partition, offset, timestamp, payload, *_ in waiting:
            decoded = decode(Message(topic, partition, offset, timestamp, bytes(payload), f":redrive:{number}"), rules)
            if not decoded.rejected:
                ready.append(make_ready(decoded, cells))
                done.append((number,))
                cursor.execute(UNTALLY, (decoded.landlord, decoded.received_on))
        if ready:
            write_events(cursor, Batch(ready, cells), receipts=True)
        cursor.executemany("UPDATE core.quarantine SET redriven_at = now() WHERE quarantine_id = %s", done)
        cursor.execute("DELETE FROM core.tally WHERE n = 0")
        return Redriven(len(waiting), len(done))
