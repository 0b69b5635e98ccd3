"""Bad messages through the real broker: each event is refused by itself, kept to the byte, and told."""

import random
from uuid import UUID

import orjson
import pytest

from runtime.topics import moves_topic
from schemas.events.models import DECLARATION
from tests.streams.faults.events import Sent, move
from tests.streams.faults.harness import Stage

pytestmark = [pytest.mark.services, pytest.mark.faults]
DAY = "2026-01-05"
STRANGER = "999000003"


def good(siren: str, number: int) -> dict:
    return move(siren, number, random.Random(number), effective_on=DAY, status="effective", cancel_reason=None)


def spoilt(siren: str, number: int) -> list[tuple[bytes, str, str]]:
    """Return (bytes as sent, reason, pointer) of events that must be refused, each for itself."""
    event = good(siren, number)
    data = event["data"]

    def with_data(**changes: object) -> dict:
        return event | {"data": data | changes}

    cases = [
        (with_data(effective_on="2026-02-30"), "invalid_field", "/data/effective_on"),
        (with_data(effective_on="2099-01-01"), "too_far_ahead", "/data/effective_on"),
        (with_data(revision="1"), "invalid_field", "/data/revision"),
        (with_data(revision=2**63), "invalid_field", "/data/revision"),
        (with_data(commune="31999"), "unknown_commune", "/data/commune"),
        (with_data(qpv_2024="QN03199N"), "unknown_qpv", "/data/qpv_2024"),
        (with_data(reason="depart_sur_mars"), "unknown_code", "/data/reason"),
        (with_data(status="cancelled"), "invalid_field", "/data/cancel_reason"),
        (with_data(Prénom="Personne fictive"), "personal_data", "/data/Prénom"),
        ({name: value for name, value in event.items() if name != "id"}, "missing_field", "/id"),
        (event | {"type": "a\0b"}, "unknown_type", "/type"),
        (event | {"source": f"urn:siren:{STRANGER}"}, "wrong_source", "/source"),
    ]
    # Written with blanks of its own: what is kept is what was sent, not what we would have written.
    return [(orjson.dumps(bad, option=orjson.OPT_INDENT_2), reason, pointer) for bad, reason, pointer in cases]


def test_each_bad_event_is_quarantined_to_the_byte_and_the_rest_applied(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    bad = spoilt(siren, 99)
    elements = [orjson.dumps(good(siren, number)) for number in range(len(bad) + 1)]
    mixed = [elements[0]]
    for element, (spoil, _, _) in zip(elements[1:], bad, strict=True):
        mixed += [spoil, element]
    whole = [
        (b"", "not_json"),
        (b'{"specversion": "1.0", ', "not_json"),
        (b"\xff\xfe\x00", "not_json"),
        (b"[]", "empty_batch"),
        (b"[" * 50_000, "too_deep"),
        (b"[" + b",".join([elements[0]] * 501) + b"]", "batch_too_large"),
    ]
    sent = [Sent(siren, b"[ " + b" ,\n".join(mixed) + b" ]", True)]
    sent += [Sent(siren, payload, payload[:1] == b"[") for payload, _ in whole]
    sent += [Sent(siren, spoil, False) for spoil, _, _ in bad]
    stage.start(1)
    stage.publish(sent)
    expected = {(0, 2 * number + 1): one for number, one in enumerate((s, r, p) for s, r, p in bad)}
    expected |= {(1 + number, 0): (payload, reason, "") for number, (payload, reason) in enumerate(whole)}
    expected |= {(1 + len(whole) + number, 0): one for number, one in enumerate(bad)}

    truth = stage.assert_exact(sent)
    assert len(truth.rows) == len(elements)
    rows = stage.query("SELECT message_offset, event_index, payload, reason, pointer, message_fr FROM core.quarantine")
    kept = {(row[0], row[1]): (bytes(row[2]), row[3], row[4]) for row in rows}
    wrong = [key for key in kept.keys() | expected.keys() if kept.get(key) != expected.get(key)]
    assert not wrong, [(key, kept.get(key, ())[1:], expected.get(key, ())[1:]) for key in wrong]
    assert all(row[5] for row in rows)

    receipt = stage.receipts(siren)[f"{moves_topic(siren)}:0:0"]
    assert receipt["outcomes"] == {
        "applied": sum(1 for row in truth.rows.values() if row[4] not in ("glissement_bail", "renouvellement")),
        "out_of_scope": sum(1 for row in truth.rows.values() if row[4] in ("glissement_bail", "renouvellement")),
        "quarantined": len(bad),
    }
    told = [(one["index"], one["code"], one["pointer"]) for one in receipt["rejected"]]
    assert told == [(2 * number + 1, reason, pointer) for number, (_, reason, pointer) in enumerate(bad)]


def test_an_impossible_month_does_not_end_the_worker(stage: Stage) -> None:
    (siren,) = stage.enrol(1)
    events = [good(siren, 2)]
    for number, month in enumerate(("0000-05", "٢٠٢٥-05")):
        poison = good(siren, 10 + number)
        poison["data"]["tenancy_started_on"] = month
        totals = [{"month": month, "direction": "out", "count": 1}]
        data = {"complete_through": DAY, "scope": "whole_stock", "revision": number, "control_totals": totals}
        events += [poison, good(siren, 20) | {"type": DECLARATION, "data": data}]
    events.append(good(siren, 3))
    stage.start(1)
    stage.publish([Sent(siren, orjson.dumps(event), False) for event in events])
    stage.wait_for(lambda: stage.worker() is None or stage.done() == len(events), "every message")
    assert stage.worker() is not None, f"the worker ended: {stage.log()}"
    assert stage.query("SELECT sum(n)::integer FROM core.tally") == [(len(events),)]
    kept = {row[0] for row in stage.query("SELECT dwelling FROM core.move")}
    assert {UUID(int=2), UUID(int=3)} <= kept
