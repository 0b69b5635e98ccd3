"""The sandbox: a landlord's messages are read and answered as if they counted, and nothing of them is kept.

Invariant: of a sandbox message only its receipt and its topic's offset are written. What an event would have met
in the ledger is not looked up: duplicates and superseded versions are told within one message only, and control
totals are not compared.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import psycopg

from schemas.events.reading import Rejected
from streams.ingest.decode import Decoded, Message, Rank
from streams.ingest.receipts import Told, receipt
from streams.ingest.turns import Committed, in_their_turn, leave_receipts, move_offsets_on
from streams.ledger.registers import contradiction, verdict_on

# Of its own: a sandbox never waits for the landlord's ledger, nor the ledger for a sandbox.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('sandbox ' || topic, 0)) FROM unnest(%s::text[]) AS topic"
Key = tuple[Any, ...]
NAMED = {"stock": "stock_on", "declaration": "scope", "counts": "month"}
"""The field that names a register."""


class Tried(NamedTuple):
    """A sandbox message and what is to be told of it."""

    message: Message
    landlord: str
    received_on: date
    events: int
    rejected: list[Rejected]
    told: Told


class Rehearsal:
    """Sandbox messages, ready to be answered."""

    def __init__(self, messages: Sequence[Tried]) -> None:
        self.messages = messages


def tried(decoded: Decoded) -> Tried:
    """Return what would become of a message's events, one after the other, in a ledger that knows none of them."""
    told = Told()
    outcomes: Counter[str] = Counter()
    known: dict[Key, Rank] = {}
    for position, key, rank, in_scope in _entries(decoded):
        verdict = verdict_on(rank, known.get(key))
        if verdict.outcome == "applied":
            known[key] = rank
        if verdict.contradicts:
            told.warnings.append((position, contradiction()))
        outcomes[verdict.outcome if in_scope or verdict.outcome != "applied" else "out_of_scope"] += 1
    if decoded.elsewhere:
        outcomes["out_of_scope"] += decoded.elsewhere
    if decoded.rejected:
        outcomes["quarantined"] = len(decoded.rejected)
    told.outcomes = outcomes
    return Tried(decoded.message, decoded.landlord, decoded.received_on, decoded.events, decoded.rejected, told)


def _entries(decoded: Decoded) -> Iterator[tuple[int, Key, Rank, bool]]:
    for move in decoded.moves:
        if move.told:
            yield move.position, move.key, move.rank, move.in_scope
    for register in decoded.registers:
        yield register.position, (register.kind, register.data[NAMED[register.kind]]), register.rank, True


def commit_rehearsal(connection: psycopg.Connection[Any], rehearsal: Rehearsal) -> Committed:
    """Answer what is new and in its turn, in one transaction. Raises psycopg.Error with nothing written."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(LOCK, (sorted({one.message.topic for one in rehearsal.messages}),))
        fresh, due = in_their_turn(cursor, rehearsal.messages)
        if fresh:
            leave_receipts(cursor, [(one.landlord, one.message.identity, receipt(one, one.told)) for one in fresh])
            move_offsets_on(cursor, fresh)
        return Committed(len(fresh), due)
