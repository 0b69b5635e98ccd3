"""Whose turn it is, how far each topic is done, and the receipts that leave: for what counts and for sandboxes.

Invariant: a message's work is in the database exactly when its topic's `next_offset` is beyond it.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

import psycopg

from runtime.topics import receipts_topic
from streams.ingest.decode import Message

Partition = tuple[str, int]


class Committed(NamedTuple):
    """What became of a batch: its new messages, and where reading must go back to.

    `due` holds, for each topic and partition of which a message came before its turn, the offset that is due.
    """

    new: int
    due: dict[Partition, int]


class Carrying(Protocol):
    """Something that was made of one message."""

    @property
    def message(self) -> Message:
        """The record as it came from the broker."""
        ...


Made = TypeVar("Made", bound=Carrying)


def in_their_turn(cursor: psycopg.Cursor[Any], messages: Sequence[Made]) -> tuple[list[Made], dict[Partition, int]]:
    """Return the messages whose turn it is, each once, and the offsets that are due where one came too early.

    A message that a committed transaction has done is in neither.
    """
    topics = sorted({made.message.topic for made in messages})
    cursor.execute("SELECT topic, partition, next_offset FROM core.ingest_offset WHERE topic = ANY(%s)", (topics,))
    due = defaultdict(int, {(topic, partition): offset for topic, partition, offset in cursor.fetchall()})
    fresh, early = [], []
    for made in messages:
        message = made.message
        if message.offset == due[message.place]:
            due[message.place] += 1
            fresh.append(made)
        elif message.offset > due[message.place]:
            early.append(message)
    return fresh, {message.place: due[message.place] for message in early if message.offset >= due[message.place]}


def move_offsets_on(cursor: psycopg.Cursor[Any], messages: Sequence[Carrying]) -> None:
    """Note that these messages are done."""
    following: dict[Partition, int] = defaultdict(int)
    for made in messages:
        place = made.message.place
        following[place] = max(following[place], made.message.offset + 1)
    cursor.executemany(
        "INSERT INTO core.ingest_offset (topic, partition, next_offset) VALUES (%s, %s, %s) "
        "ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset, "
        "committed_at = clock_timestamp()",
        [(*key, offset) for key, offset in sorted(following.items())],
    )


def leave_receipts(cursor: psycopg.Cursor[Any], receipts: Sequence[tuple[str, str, bytes]]) -> None:
    """Put (landlord, identity, receipt) into the outbox, in order."""
    with cursor.copy("COPY core.outbox (topic, message_id, payload) FROM STDIN") as copy:
        for landlord, identity, payload in receipts:
            copy.write_row((receipts_topic(landlord), identity, payload))
