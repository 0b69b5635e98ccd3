"""Receipts: the published shape, the same to the byte when made again, and the ledger's own counts when summed."""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from schemas.events.receipts import ReceiptEvent
from streams.ingest.receipts import event_id, instant
from tests.streams.histories import History
from tests.streams.stage import SIRENS, TODAY, Stage, message, move
from tests.streams.test_same_ledger_whatever_the_order import HISTORIES, play

pytestmark = pytest.mark.services
TALLY = "SELECT landlord, outcome, sum(n)::integer FROM core.tally GROUP BY 1, 2"


def log_of_receipts(stage: Stage) -> Counter[tuple[str, str]]:
    """Return the outcomes that all receipts tell, by landlord. What is read again is refused no more."""
    told: Counter[tuple[str, str]] = Counter()
    for one in stage.receipts():
        for outcome, n in one["outcomes"].items():
            told[one["landlord"], outcome] += n
        if one["redriven"]:
            told[one["landlord"], "quarantined"] -= one["events"]
    return told


@settings(derandomize=True, deadline=None, max_examples=40, suppress_health_check=[*HealthCheck])
@given(history=HISTORIES)
def test_the_log_of_receipts_equals_the_ledgers_counts_whatever_the_order(stage: Stage, history: History) -> None:
    stage.restart(TODAY)
    play(stage, history)
    assert log_of_receipts(stage) == Counter({(row[0], row[1]): row[2] for row in stage.rows(TALLY)})


def test_a_receipt_has_the_published_shape_and_the_brokers_time(stage: Stage) -> None:
    stage.take(message(3, [move()])._replace(offset=0, timestamp=1773043964.25))
    ((payload,),) = stage.rows("SELECT payload FROM core.outbox")
    event = ReceiptEvent.model_validate_json(bytes(payload))
    assert event.time.timestamp() == 1773043964.25
    assert (event.id, event.data.offset) == (f"tenancy.moves.{SIRENS[0]}:0:0", 0)
    assert json.loads(bytes(payload))["time"] == instant(1773043964.25) == "2026-03-09T08:12:44.250Z"


def test_a_receipt_made_again_is_the_same_to_the_byte(stage: Stage) -> None:
    payloads = []
    for _ in range(2):
        stage.restart()
        stage.take(message(0, [move(), move(rooms="T3"), move(number=2, commune="31999")]))
        payloads += stage.rows("SELECT payload FROM core.outbox")
    assert payloads[0] == payloads[1]


def test_of_many_refusals_a_hundred_are_listed_and_all_counted(stage: Stage) -> None:
    stage.take(message(0, [move(number=n, commune="31999") for n in range(130)]))
    (told,) = stage.receipts()
    assert [one["index"] for one in told["rejected"]] == list(range(100))
    assert told["rejected_total"] == told["outcomes"]["quarantined"] == 130
    assert told["summary_fr"] == "refusés : 130"


def test_a_warning_names_its_event(stage: Stage) -> None:
    events = [move(number=7), move(rooms="T2") | {"id": "a"}, move(rooms="T3") | {"id": "b"}]
    stage.take(message(0, events))
    (told,) = stage.receipts()
    ((warning),) = told["warnings"]
    assert (warning["event_id"], warning["index"], warning["pointer"]) == ("b", 2, "/data/revision")
    assert warning["remedy_fr"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"id": "a", "data": {"id": "b"}}', "a"),
        (b'{"data": {"id": "b"}}', None),
        (b'{"specversion": "1.0", "id": "cut", "sour', "cut"),
        (b'{"specversion": "1.0", "data": {"id": "b"}, "id', None),
        (b'{"n": %s, "id": "digits"}' % (b"9" * 5_000), "digits"),
        (b'{"id": "\xff"}', "\ufffd"),
        (b'{"id": "\\ud800"}', "?"),
        (b'{"id": "\xc3\xa9", "x": NaN}', "é"),
        (b'{"id": 12}', None),
        (b'{"id": ""}', None),
        (b'{"id": "%s"}' % (b"x" * 129), None),
        (b'[{"id": "a"}', None),
        (b"[" * 100_000, None),
        (b'{"a":' * 100_000, None),
        (b'{"' + b'\\"' * 200_000, None),
        (b"", None),
        (b"\x00\xff", None),
    ],
)
def test_the_id_of_a_refused_event_is_read_as_far_as_it_can_be(raw: bytes, expected: str | None) -> None:
    assert event_id(raw) == expected
