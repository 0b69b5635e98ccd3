"""Read quarantined events again, after a fix: what is valid now is applied, what is not stays with its reason.

The rules judge an event as of its day of receipt, as the first reading did. What is accepted is known from
today on: a past state, recounted with `verify --as-of`, does not change. Doing it twice changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg

from operations.quarantine import CHOSEN, Selection
from schemas.events.rules import Rules
from streams.counters.chunks import FactChunks
from streams.ingest.cells import Cells
from streams.ingest.commit import GATE, Batch, make_ready, prepare_connection, write_events
from streams.ingest.decode import Decoded, Message, decode
from streams.ledger.moves import lock_landlords

AT_A_TIME = 100
# Those that a landlord took over too: its event may be written under an identity that it had there.
LANDLORDS = """
WITH waiting AS (SELECT DISTINCT landlord FROM core.quarantine
    WHERE redriven_at IS NULL AND payload IS NOT NULL AND quarantine_id > %(after)s)
SELECT landlord FROM waiting
UNION SELECT siren FROM core.landlord JOIN waiting ON merged_into = waiting.landlord
"""
WAITING = f"""
SELECT quarantine_id, topic, partition, message_offset, extract(epoch FROM received_at)::float8, payload
FROM core.quarantine
WHERE redriven_at IS NULL AND payload IS NOT NULL AND quarantine_id > %(after)s AND landlord = ANY(%(locked)s)
    AND {CHOSEN}
ORDER BY quarantine_id LIMIT %(limit)s FOR UPDATE
"""  # noqa: S608
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
    connection: psycopg.Connection[Any],
    rules: Rules,
    cells: Cells,
    chunks: FactChunks,
    *,
    today: date,
    chosen: Selection,
) -> Redriven:
    """Read the chosen events again, 100 in a transaction; `today` is the day from which they are known.

    What was purged has nothing left to be read.
    """
    prepare_connection(connection)
    chunks.ensure(today)
    tried = accepted = after = 0
    while True:
        wanted = chosen.parameters() | {"after": after, "limit": AT_A_TIME}
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))
            locked = [row[0] for row in cursor.execute(LANDLORDS, wanted).fetchall()]
            lock_landlords(cursor, locked)
            # Of these only: a worker may have put another landlord's event aside meanwhile.
            waiting = cursor.execute(WAITING, wanted | {"locked": locked}).fetchall()
            if not waiting:
                return Redriven(tried, accepted)
            accepted += _accept(cursor, _valid(waiting, rules), cells, today)
            tried += len(waiting)
            after = waiting[-1][0]


def _valid(waiting: list[tuple[Any, ...]], rules: Rules) -> dict[int, Decoded]:
    """Return the messages that hold no bad event any more, by their number in the quarantine."""
    found = {}
    for number, topic, partition, offset, timestamp, payload in waiting:
        decoded = decode(Message(topic, partition, offset, timestamp, bytes(payload), f":redrive:{number}"), rules)
        if not decoded.rejected:
            found[number] = decoded
    return found


def _accept(cursor: psycopg.Cursor[Any], valid: dict[int, Decoded], cells: Cells, today: date) -> int:
    if not valid:
        return 0
    cursor.executemany(UNTALLY, [(one.landlord, one.received_on) for one in valid.values()])
    ready = [make_ready(replace(one, received_on=max(today, one.received_on)), cells) for one in valid.values()]
    write_events(cursor, Batch(ready, cells))
    cursor.executemany(
        "UPDATE core.quarantine SET redriven_at = clock_timestamp() WHERE quarantine_id = %s", [(n,) for n in valid]
    )
    cursor.execute("DELETE FROM core.tally WHERE n = 0")
    return len(valid)
