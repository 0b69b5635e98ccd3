"""The relay: what one topic refuses waits, and holds up nobody else."""

import pytest
from kafka.errors import KafkaError

from runtime.database import connect
from runtime.topics import receipts_topic
from streams.ingest.outbox import producer, relay
from tests.streams.faults.harness import Stage

pytestmark = pytest.mark.services
LEAVE = "INSERT INTO core.outbox (topic, message_id, payload) VALUES (%s, %s, 'receipt')"


def test_a_receipt_without_a_topic_holds_up_no_other(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    sender = producer(stage.settings)
    try:
        with connect(stage.settings, "ingest", autocommit=True) as connection:
            connection.execute(LEAVE, (receipts_topic("999999999"), "lost"))
            with pytest.raises(KafkaError):
                relay(connection, sender)
            connection.execute(LEAVE, (receipts_topic(siren), "good"))
            assert relay(connection, sender) == 1
            assert relay(connection, sender) == 0, "what was refused waits"
            left = connection.execute("SELECT message_id, not_before > clock_timestamp() FROM core.outbox").fetchall()
    finally:
        sender.close()
    assert left == [("lost", True)]
    assert [record.value for record in stage.topic(receipts_topic(siren))] == [b"receipt"]
