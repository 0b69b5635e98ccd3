"""What Faust hands over is held to the database's offsets: nothing twice in a batch, nothing left out before it.

After a rebalance the event that waited in front of a full take is handed over first, and then again in its turn.
"""

import asyncio
import random
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import orjson
import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.ingest.turns import Committed, Partition
from tests.streams.faults.events import move, sirens

pytestmark = pytest.mark.services
(SIREN,) = sirens(40_000, 1)
TOPIC = moves_topic(SIREN)


def handed_over(settings: Settings, offsets: list[int]) -> Committed:
    """Commit one batch of these offsets, as a worker does."""
    draw = random.Random(1)
    payloads = [orjson.dumps(move(SIREN, number, draw, effective_on="2026-01-05")) for number in range(100)]
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    return pipeline.commit(
        pipeline.prepare([Message(TOPIC, 0, offset, 1.77e9, payloads[offset]) for offset in offsets])
    )


def counted(database: psycopg.Connection[Any]) -> tuple[int, int, int]:
    """Return events counted, receipts written, and the next offset."""
    return (
        database.execute("SELECT coalesce(sum(n), 0)::integer FROM core.tally").fetchall()[0][0],
        database.execute("SELECT count(*) FROM core.outbox").fetchall()[0][0],
        database.execute("SELECT coalesce(max(next_offset), 0) FROM core.ingest_offset").fetchall()[0][0],
    )


def test_a_message_that_is_done_is_left_alone(settings: Settings, database: psycopg.Connection[Any]) -> None:
    handed_over(settings, [0, 1, 2, 3])
    handed_over(settings, [2, 3, 4])
    assert counted(database) == (5, 5, 5)


def test_a_message_twice_in_a_batch_is_counted_once(settings: Settings, database: psycopg.Connection[Any]) -> None:
    handed_over(settings, [0, 1, 2, 3])
    handed_over(settings, [4, 2, 3, 4, 5])
    assert counted(database) == (6, 6, 6)


def test_what_comes_before_its_turn_waits_and_says_what_is_due(
    settings: Settings, database: psycopg.Connection[Any]
) -> None:
    handed_over(settings, [0, 1])
    assert handed_over(settings, [5, 6]) == Committed(0, {(TOPIC, 0): 2})
    assert counted(database) == (2, 2, 2)
    assert handed_over(settings, [6, 2, 3, 5]) == Committed(2, {(TOPIC, 0): 4})
    assert counted(database) == (4, 4, 4)
    assert handed_over(settings, [6, 4, 5, 6]) == Committed(3, {})
    assert counted(database) == (7, 7, 7)


class Handed:
    """A Faust event, as far as the pipeline knows it."""

    def __init__(self, offset: int, payload: bytes) -> None:
        self.message = SimpleNamespace(topic=TOPIC, partition=0, offset=offset, timestamp=1.77e9, value=payload)
        self.acknowledged = False

    def ack(self) -> bool:
        self.acknowledged = True
        return True


def test_reading_goes_back_and_only_what_is_done_is_acknowledged(
    settings: Settings, database: psycopg.Connection[Any]
) -> None:
    went_back: list[dict[Partition, int]] = []

    async def rewind(due: Mapping[Partition, int]) -> None:
        went_back.append(dict(due))

    async def hand_over() -> list[Handed]:
        draw = random.Random(1)
        events = [Handed(n, orjson.dumps(move(SIREN, n, draw, effective_on="2026-01-05"))) for n in (0, 1, 4, 5)]
        pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()), rewind)
        await pipeline.submit(events)
        await pipeline.drain()
        return events

    events = asyncio.run(hand_over())
    assert [event.acknowledged for event in events] == [True, True, False, False]
    assert went_back == [{(TOPIC, 0): 2}]
    assert counted(database) == (2, 2, 2)
