"""The conformance kit through the real broker and worker: every receipt says what the kit expects, nothing is kept."""

import pytest
from kafka import KafkaProducer

from runtime.broker import landlord_connection
from runtime.topics import receipts_topic, sandbox_topic
from schemas.conformance import kit
from tests.streams.faults.events import messages
from tests.streams.faults.harness import Stage
from tests.streams.stage import said

pytestmark = pytest.mark.services
COUNTED = "core.move core.fact core.daily_counter core.tally core.quarantine core.stock core.declaration".split()


def test_the_worker_conforms_to_the_kit_and_its_sandbox_keeps_nothing(stage: Stage) -> None:
    siren, other = stage.enrol(2)
    stage.start(1)
    cases = kit.read(siren)
    producer = KafkaProducer(**landlord_connection(stage.settings, siren).client_options(), acks="all")
    try:
        sent = [
            producer.send(
                sandbox_topic(siren),
                value=kit.payload_of(case),
                headers=[("content-type", case["content_type"].encode())],
            )
            for case in cases
        ]
        positions = [future.get(timeout=30).offset for future in sent]
    finally:
        producer.close(timeout=10)
    stage.wait_for(lambda: len(stage.topic(receipts_topic(siren))) == len(cases), "a receipt for each case")
    receipts = stage.receipts(siren)
    found = [
        line
        for case, position in zip(cases, positions, strict=True)
        for line in kit.differences(case, receipts[f"{sandbox_topic(siren)}:0:{position}"])
    ]
    assert found == []
    assert all(receipt["sandbox"] for receipt in receipts.values())
    assert [stage.query(f"SELECT count(*) FROM {table}") for table in COUNTED] == [[(0,)]] * len(COUNTED)
    assert stage.query("SELECT topic FROM core.topic_end WHERE topic LIKE '%sandbox%'") == []
    assert stage.query("SELECT landlord FROM staff.landlord") == []
    sent_for_good = messages(other, 3, 5)
    stage.publish(sent_for_good)
    stage.landlords = [other]
    stage.assert_exact(sent_for_good)


def test_what_a_landlord_may_not_read_is_said_by_no_receipt_of_another(stage: Stage) -> None:
    own, other = stage.enrol(2)
    stage.start(1)
    case = next(case for case in kit.read(own) if case["name"] == "depart")
    producer = KafkaProducer(**landlord_connection(stage.settings, own).client_options(), acks="all")
    try:
        producer.send(sandbox_topic(own), value=kit.payload_of(case)).get(timeout=30)
    finally:
        producer.close(timeout=10)
    stage.wait_for(lambda: len(stage.topic(receipts_topic(own))) == 1, "the receipt")
    record = stage.topic(receipts_topic(own))[0]
    assert said(record.value, record.key.decode())["landlord"] == own
    assert stage.topic(receipts_topic(other)) == []
