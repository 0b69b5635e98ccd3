"""What Faust hands over is held to the database's offsets: nothing twice in a batch, nothing left out before it.

After a rebalance the event that waited in front of a full take is handed over first, and then again in its turn.
"""

import random
from typing import Any

import orjson
import psycopg
import pytest

from runtime.broker import moves_topic
from runtime.database import connect
from runtime.settings import Settings
from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from tests.streams.faults.events import move, sirens

pytestmark = pytest.mark.services
(SIREN,) = sirens(40_000, 1)
TOPIC = moves_topic(SIREN)


def handed_over(settings: Settings, offsets: list[int]) -> None:
    """Commit one batch of these offsets, as a worker does."""
    draw = random.Random(1)
    payloads = [orjson.dumps(move(SIREN, number, draw, effective_on="2026-01-05")) for number in range(100)]
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    pipeline.commit(pipeline.prepare([Message(TOPIC, 0, offset, 1.77e9, payloads[offset]) for offset in offsets]))


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


def test_a_hole_before_a_batch_is_not_passed_over(settings: Settings, database: psycopg.Connection[Any]) -> None:
    handed_over(settings, [0, 1])
    with pytest.raises(Exception, match="2 was due"):
        handed_over(settings, [5, 6])
    assert counted(database) == (2, 2, 2)
