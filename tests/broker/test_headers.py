"""A landlord's client may put any bytes into a header's key: the worker reads the message all the same."""

from typing import Any

import pytest
from kafka import KafkaProducer

from runtime.broker import client_options
from runtime.topics import landlord_principal, moves_topic
from tests.streams.faults.events import Sent, messages
from tests.streams.faults.harness import Stage

pytestmark = pytest.mark.services


class RawKey(str):
    """A header's key that its writer encodes as bytes that are no UTF-8."""

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfe"


def send(stage: Stage, sent: Sent) -> None:
    """Write one message whose header no Python client can read."""
    producer = KafkaProducer(**client_options(stage.settings, landlord_principal(sent.siren)))
    try:
        producer.send(moves_topic(sent.siren), value=sent.payload, headers=[(RawKey("x"), b"1")]).get(timeout=20)
    finally:
        producer.close(timeout=5)


def test_a_header_that_is_not_utf8_costs_nothing(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    before, strange, after = messages(siren, 3, 2, seed=3)
    stage.publish([before])
    send(stage, strange)
    stage.publish([after])
    stage.start(1)
    pid = stage.worker()
    stage.wait_for(lambda: stage.done(siren) == 3, "the message and the one after it")
    assert stage.worker() == pid, f"the worker ended: {stage.log()}"
    assert stage.query("SELECT sum(n)::integer FROM core.tally") == [(6,)]
    assert len(stage.query("SELECT FROM core.quarantine")) == 0
