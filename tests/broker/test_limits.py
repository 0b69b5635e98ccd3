"""The broker's limits: the largest message, and messages that retention deleted before they were read."""

import signal

import orjson
import pytest
from kafka import TopicPartition

from operations.services.process import wait_until
from operations.verify import verify
from producers.publisher import OVERHEAD_BYTES, MessageTooLargeError, Publisher
from runtime.broker import admin, enrol_landlords, landlord_connection
from runtime.database import connect
from runtime.topics import MAX_MESSAGE_BYTES, moves_topic
from tests.streams.faults.events import Sent, messages
from tests.streams.faults.harness import Stage

pytestmark = pytest.mark.services
LARGEST = MAX_MESSAGE_BYTES - OVERHEAD_BYTES


def padded(message: Sent, size: int) -> Sent:
    """Return the batch, blown up to `size` bytes by a field that the contract does not know."""
    events = orjson.loads(message.payload)
    events[0]["data"]["remark"] = ""
    missing = size - len(orjson.dumps(events))
    events[0]["data"]["remark"] = "é" * (missing // 2) + "e" * (missing % 2)
    payload = orjson.dumps(events)
    assert len(payload) == size
    return message._replace(payload=payload)


def delete_before(stage: Stage, siren: str, offset: int) -> None:
    """Delete a topic's messages before `offset`, as retention would."""
    client = admin(stage.settings)
    try:
        client.delete_records({TopicPartition(moves_topic(siren), 0): offset})
    finally:
        client.close()


def test_the_largest_message_is_taken_and_a_larger_one_refused_with_nothing_sent(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    small, batch = messages(siren, 1, 1, seed=2)[0], messages(siren, 1, 500)[0]
    largest = padded(batch, LARGEST)
    with Publisher(landlord_connection(stage.settings, siren)) as publisher:
        publisher.send(largest.payload, batch=True)
        with pytest.raises(MessageTooLargeError, match="coupez le lot"):
            publisher.send(padded(batch, LARGEST + 1).payload, batch=True)
        publisher.send(small.payload, batch=False)
    stage.start(1)
    stage.assert_exact([largest, small])
    assert len(stage.topic(moves_topic(siren))) == 2


def test_messages_deleted_before_they_were_read_are_a_recorded_gap(stage: Stage) -> None:
    siren, other = stage.enrol(2)
    sent, beside = messages(siren, 20, 5), messages(other, 10, 5)
    stage.start(1)
    stage.publish(sent[:4])
    stage.wait_for(lambda: stage.done(siren) == 4, "the first four")
    stage.kill()
    stage.publish([*sent[4:], *beside])
    delete_before(stage, siren, 12)
    stage.start(1)
    stage.wait_for(lambda: stage.done() == 30, "what is left")
    events = sum(len(orjson.loads(message.payload)) for message in [*sent[:4], *sent[12:], *beside])
    assert stage.query("SELECT sum(n)::integer FROM core.tally") == [(events,)]
    assert stage.query("SELECT topic, partition, kind, first_lost, next_available FROM core.reading_gap") == [
        (moves_topic(siren), 0, "expired", 4, 12)
    ]


def test_messages_deleted_under_a_running_worker_are_a_recorded_gap_too(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    stage.start(1)
    stage.publish(messages(siren, 4, 5))
    stage.wait_for(lambda: stage.done(siren) == 4, "the first four")
    stage.signal(signal.SIGSTOP)
    for message in messages(siren, 40, 5, seed=2):
        stage.publish([message])
    delete_before(stage, siren, 30)
    stage.signal(signal.SIGCONT)

    def all_done() -> bool:
        stage.start(1)  # in the supervisor's place: a worker that finds messages missing may end and ask again
        return stage.done(siren) == 44

    stage.wait_for(all_done, "what is left")
    stage.wait_for(lambda: stage.query("SELECT count(*) FROM core.outbox") == [(0,)], "outbox empty", 20)
    read = {int(identity.rpartition(":")[2]) for identity in stage.receipts(siren)}
    lost = {
        offset
        for first, following in stage.query("SELECT first_lost, next_available FROM core.reading_gap")
        for offset in range(first, following)
    }
    assert read.isdisjoint(lost)
    assert read | lost == set(range(44)), "messages passed over in silence"


def make_again(stage: Stage, siren: str) -> None:
    """Delete a landlord's moves topic and make it again, empty."""
    client = admin(stage.settings)
    try:
        client.delete_topics([moves_topic(siren)])
        assert wait_until(lambda: moves_topic(siren) not in client.list_topics(), 20)
    finally:
        client.close()
    enrol_landlords(stage.settings, [siren])


@pytest.mark.parametrize("running", [False, True], ids=["worker-stopped", "worker-running"])
def test_a_topic_that_was_made_again_is_read_from_its_beginning(stage: Stage, running: bool) -> None:
    (siren,) = stage.enrol(1)
    stage.start(1)
    stage.publish(messages(siren, 12, 5))
    stage.wait_for(lambda: stage.done(siren) == 12, "the first topic")
    before = stage.query("SELECT sum(n)::integer FROM core.tally")[0][0]
    if not running:
        stage.kill()
    make_again(stage, siren)
    fresh = messages(siren, 5, 5, seed=2)
    stage.publish(fresh)

    def read() -> bool:
        stage.start(1)  # in the supervisor's place: a worker whose group has forgotten the topic ends
        return stage.done(siren) == 5

    # A worker that runs may have to find first that it stands still, and to be started again.
    stage.wait_for(read, "the second topic", patience=120)
    events = sum(len(orjson.loads(message.payload)) for message in fresh)
    assert stage.query("SELECT sum(n)::integer FROM core.tally") == [(before + events,)]
    assert stage.query("SELECT kind, first_lost, next_available FROM core.reading_gap") == [("made_again", 12, 0)]
    with connect(stage.settings, "ingest") as connection:
        assert verify(connection).equal
