"""Who may do what on the broker: a landlord writes its own moves, reads its own receipts, and nothing else."""

import random
import time

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError, KafkaError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from producers.publisher import Publisher
from runtime.broker import client_options, landlord_connection
from runtime.topics import ALERTS, SENTINEL, landlord_principal, moves_topic, receipts_topic, sandbox_topic
from tests.streams.faults.events import Sent, messages, move
from tests.streams.faults.harness import Stage

pytestmark = pytest.mark.services
REFUSED = (TopicAuthorizationFailedError, AuthorizationError)


def write(stage: Stage, siren: str, topic: str) -> None:
    """Write one message as a landlord; raises what the broker answers."""
    producer = KafkaProducer(**client_options(stage.settings, landlord_principal(siren)), max_block_ms=10_000)
    try:
        producer.send(topic, value=b"{}").get(timeout=15)
    finally:
        producer.close(timeout=2)


def read(stage: Stage, siren: str, topic: str) -> list[bytes]:
    """Return the first records of a topic, read as a landlord in a group of its own; raises what the broker answers."""
    user = landlord_principal(siren)
    options = client_options(stage.settings, user) | {"group_id": user, "auto_offset_reset": "earliest"}
    consumer = KafkaConsumer(topic, **options, enable_auto_commit=False)
    try:
        assert consumer.end_offsets([TopicPartition(topic, 0)], timeout_ms=10_000)[TopicPartition(topic, 0)] > 0
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if found := consumer.poll(timeout_ms=500):
                return [record.value for records in found.values() for record in records]
        return []
    finally:
        consumer.close(autocommit=False)


def test_a_landlord_writes_its_own_topic_and_no_other(stage: Stage) -> None:
    own, other = stage.enrol(2)
    write(stage, own, moves_topic(own))
    assert [record.value for record in stage.topic(moves_topic(own))] == [b"{}"]
    write(stage, own, sandbox_topic(own))
    for topic in (
        moves_topic(other),
        sandbox_topic(other),
        receipts_topic(own),
        receipts_topic(other),
        SENTINEL,
        ALERTS,
    ):
        with pytest.raises(REFUSED):
            write(stage, own, topic)
    assert not any(stage.records([moves_topic(other), receipts_topic(own), receipts_topic(other), SENTINEL]).values())


def topics(stage: Stage) -> set[str]:
    consumer = KafkaConsumer(**client_options(stage.settings, "admin"))
    try:
        return set(consumer.topics())
    finally:
        consumer.close(autocommit=False)


def test_a_topic_that_does_not_exist_is_refused_and_not_made(stage: Stage) -> None:
    (own,) = stage.enrol(1)
    with pytest.raises((*REFUSED, UnknownTopicOrPartitionError)):
        write(stage, own, moves_topic("999999999"))
    assert moves_topic(own) in topics(stage)
    assert moves_topic("999999999") not in topics(stage)


def test_no_landlord_reads_moves_not_even_its_own(stage: Stage) -> None:
    own, other = stage.enrol(2)
    stage.publish([*messages(own, 2, 2), *messages(other, 2, 2)])
    write(stage, own, sandbox_topic(own))
    for topic in (moves_topic(own), moves_topic(other), sandbox_topic(own)):
        with pytest.raises(REFUSED):
            read(stage, own, topic)


def test_a_landlord_reads_its_own_receipts_and_no_others(stage: Stage) -> None:
    own, other = stage.enrol(2)
    sent = [*messages(own, 3, 2), *messages(other, 3, 2)]
    stage.start(1)
    stage.publish(sent)
    stage.assert_exact(sent)
    received = [orjson.loads(payload) for payload in read(stage, own, receipts_topic(own))]
    assert received
    assert {receipt["data"]["landlord"] for receipt in received} == {own}
    with pytest.raises(REFUSED):
        read(stage, own, receipts_topic(other))


def test_another_landlords_source_is_quarantined(stage: Stage) -> None:
    own, other = stage.enrol(2)
    stage.start(1)
    forged = orjson.dumps(move(other, 1, random.Random(1)))
    sent = [Sent(own, forged, False), *messages(own, 1, 1)]
    stage.publish(sent)
    stage.assert_exact(sent)
    assert stage.query("SELECT landlord, reason, pointer, payload FROM core.quarantine") == [
        (own, "wrong_source", "/source", forged)
    ]
    assert stage.query("SELECT DISTINCT landlord FROM core.move") == [(own,)]


def test_a_wrong_password_is_said_within_the_time_one_waits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (own,) = stage.enrol(1)
    monkeypatch.setenv(f"QUARTIERS_PASSWORD_LANDLORD_{own}", "wrong")
    started = time.monotonic()
    with pytest.raises(KafkaError), Publisher(landlord_connection(stage.settings, own)) as publisher:
        publisher.send(b"{}", batch=False)
    assert time.monotonic() - started < 45
    monkeypatch.undo()
    assert stage.topic(moves_topic(own)) == []
