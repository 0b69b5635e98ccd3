"""The sandbox: answers as if it counted, and nothing of it is kept; what counts goes first."""

import asyncio
from typing import Any, NamedTuple

import pytest

from runtime.database import connect
from runtime.topics import receipts_topic, sandbox_topic
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.ingest.sandbox import Rehearsal
from tests.streams.stage import SIRENS, WRITTEN, Event, Stage, declaration, known_rules, message, move, stock

pytestmark = pytest.mark.services
CELL = {"commune": "31555", "let": 4}
KEPT = [table for table in WRITTEN if table not in ("core.ingest_offset", "core.outbox")]


class Handed(NamedTuple):
    """A Faust event, as far as the pipeline looks at it."""

    message: Any
    acknowledged: list[Message]

    def ack(self) -> bool:
        self.acknowledged.append(self.message)
        return True


class Record(NamedTuple):
    """A record as Faust hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    value: bytes


def tried(offset: int, events: list[Event], siren: str = SIRENS[0]) -> Message:
    return message(offset, events, siren=siren)._replace(topic=sandbox_topic(siren))


def pipeline(stage: Stage) -> Pipeline:
    return Pipeline(lambda: connect(stage.settings, "ingest"), known_rules())


def handed(stage: Stage, *messages: Message) -> int:
    worker = pipeline(stage)
    return worker.commit(worker.prepare(messages)).new


def test_a_sandbox_answers_and_keeps_nothing(stage: Stage) -> None:
    stage.take(message(0, [move(), declaration(), stock(CELL)]))
    before = stage.everything()
    cells = stage.rows("SELECT count(*) FROM core.cell")
    bad = move(number=9, commune="31999")
    events = [move(revision=9), move(number=2, reason="glissement_bail"), bad, stock(CELL), declaration(revision=7)]
    assert handed(stage, tried(0, events), tried(1, [move(number=3, commune="31001")])) == 2
    first, second = stage.receipts()[1:]
    assert first["outcomes"] == {"applied": 3, "out_of_scope": 1, "quarantined": 1}
    assert [(one["index"], one["code"]) for one in first["rejected"]] == [(2, "unknown_commune")]
    assert second["outcomes"] == {"applied": 1}
    assert (first["sandbox"], second["sandbox"]) == (True, True)
    assert first["id"] == f"{sandbox_topic(SIRENS[0])}:0:0"
    after = stage.everything()
    assert {table: after[table] for table in KEPT} == {table: before[table] for table in KEPT}
    assert stage.rows("SELECT count(*) FROM core.cell") == cells
    assert set(stage.rows("SELECT DISTINCT topic FROM core.outbox")) == {(receipts_topic(SIRENS[0]),)}


def test_what_repeats_within_one_message_is_told_and_across_messages_it_is_not(stage: Stage) -> None:
    versions = [move(revision=2), move(revision=2), move(revision=1), move(revision=2, rooms="T5")]
    handed(stage, tried(0, [*versions, declaration(), declaration(), stock(CELL)]), tried(1, [move(revision=2)]))
    first, second = stage.receipts()
    assert first["outcomes"]["duplicate"] == 2
    assert sum(first["outcomes"].values()) == first["events"] == 7
    assert [(one["code"], one["index"], one["event_id"]) for one in first["warnings"]] == [
        ("same_revision_other_content", 3, "e")
    ]
    assert second["outcomes"] == {"applied": 1}


def test_a_sandbox_message_is_answered_once(stage: Stage) -> None:
    messages = [tried(0, [move()]), tried(1, [move()])]
    assert handed(stage, *messages) == 2
    assert handed(stage, *messages) == 0
    assert [one["id"][-2:] for one in stage.receipts()] == [":0", ":1"]


def test_the_wrong_landlord_is_told_so_in_the_sandbox_too(stage: Stage) -> None:
    handed(stage, tried(0, [move(SIRENS[1])]))
    assert [one["code"] for one in stage.receipts()[0]["rejected"]] == ["wrong_source"]


def test_what_counts_is_committed_before_the_sandbox_messages_of_its_take(stage: Stage) -> None:
    """A flood in one landlord's sandbox came first into the take; another's move does not wait for its reading."""
    worker = pipeline(stage)
    flood = [tried(offset, [move(number=n) for n in range(200)]) for offset in range(30)]
    live = message(0, [move(SIRENS[1])], siren=SIRENS[1])
    acknowledged: list[Message] = []
    taken = [Handed(Record(one.topic, 0, one.offset, one.timestamp, one.payload), acknowledged) for one in flood]
    taken.append(Handed(Record(live.topic, 0, 0, live.timestamp, live.payload), acknowledged))
    order: list[str] = []
    prepare = worker.prepare

    def watched(messages: Any) -> Any:
        prepared = prepare(messages)
        order.append("sandbox" if isinstance(prepared, Rehearsal) else "moves")
        return prepared

    worker.prepare = watched  # type: ignore[method-assign]

    async def work() -> None:
        await worker.submit(taken)
        await worker.drain()

    asyncio.run(work())
    assert order == ["moves", "sandbox"]
    assert acknowledged[0].topic == live.topic
    assert len(acknowledged) == 31
    assert [one["sandbox"] for one in stage.receipts()] == [False] + [True] * 30
    assert stage.rows("SELECT landlord FROM core.move") == [(SIRENS[1],)]
