"""Each kind of bad input, through decoding and the database: reason, pointer, French words, the bytes as they came.

Every one lies between two good events of a batch, or is a message of its own beside a good one: those are applied.
"""

import json
import re
from itertools import permutations
from typing import Any, NamedTuple

import pytest

from schemas.events.reasons import ReasonCode, remedy
from tests.streams.stage import SIRENS, TODAY, Event, Stage, message, move

pytestmark = pytest.mark.services
ENGLISH = re.compile(r"\b(should|input|invalid|the|must|value|expected|error|field)\b", re.IGNORECASE)
DATE = "/data/effective_on"


class Bad(NamedTuple):
    """An event as its sender wrote it, and what must be said of it."""

    raw: bytes
    reason: ReasonCode
    pointer: str


def written(event: Event) -> bytes:
    """Return bytes that our own writer would not choose: what is kept is what was sent."""
    return json.dumps(event, indent=3).encode()


def spoilt(old: str, new: str) -> bytes:
    """Return a valid event with a piece of its text replaced."""
    text = written(move(number=2)).decode()
    assert text.count(old) == 1
    return text.replace(old, new).encode()


def on(day: str, **changes: Any) -> bytes:
    return written(move(number=2, effective_on=day, **changes))


EVENTS = {
    "a wrong type": Bad(written(move(number=2, revision="1")), "invalid_field", "/data/revision"),
    "a number for a date": Bad(spoilt('"2026-03-02"', "20260302"), "invalid_field", DATE),
    "an array for an event": Bad(b"[ 1,2 ]", "invalid_field", ""),
    "a number for an event": Bad(b"42", "invalid_field", ""),
    "nothing for an event": Bad(b"null", "invalid_field", ""),
    "an unknown code of a known list": Bad(
        written(move(number=2, reason="depart_sur_mars")), "unknown_code", "/data/reason"
    ),
    "an unknown status": Bad(written(move(number=2, status="gone")), "unknown_code", "/data/status"),
    "a date that does not exist": Bad(on("2026-02-30"), "invalid_field", DATE),
    "a month that does not exist": Bad(on("2026-13-01"), "invalid_field", DATE),
    "effective 15 days ahead": Bad(on("2026-03-30"), "too_far_ahead", DATE),
    "announced over 12 months ahead": Bad(on("2027-03-17", status="announced"), "too_far_ahead", DATE),
    "an unknown type": Bad(written(move(number=2) | {"type": "fr.rent.v1"}), "unknown_type", "/type"),
    "no type": Bad(written({k: v for k, v in move(number=2).items() if k != "type"}), "unknown_type", "/type"),
    "an escaped nul in a code": Bad(spoilt('"31555"', '"31\\u0000555"'), "invalid_field", "/data/commune"),
    "an escaped nul in a type": Bad(spoilt("move-out", "move\\u0000out"), "unknown_type", "/type"),
    "300 levels": Bad(spoilt('"revision": 1', '"x": ' + "[" * 300 + "]" * 300), "too_deep", ""),
    "a number of 5,000 digits": Bad(spoilt('"revision": 1', '"revision": ' + "9" * 5_000), "not_json", ""),
    "a name": Bad(written(move(number=2, nom="Personne fictive")), "personal_data", "/data/nom"),
    "another landlord's source": Bad(written(move(SIRENS[1], 2)), "wrong_source", "/source"),
}
WHOLE = {
    "nothing": (b"", "not_json"),
    "plain text": (b"departures: 12", "not_json"),
    "an event cut short": (written(move())[:-1], "not_json"),
    "a batch cut short": (b"[" + written(move()) + b",", "not_json"),
    "a raw nul in a text": (written(move()).replace(b"31555", b"31\x00555"), "not_json"),
    "only nuls": (b"\x00" * 64, "not_json"),
    "UTF-16": (written(move()).decode().encode("utf-16"), "not_json"),
    "Latin-1": (written(move()).replace(b'"e"', '"é"'.encode("latin-1")), "not_json"),
    "100,000 open brackets": (b"[" * 100_000, "too_deep"),
    "100,000 levels in an event": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
    "an empty batch": (b"[ ]", "empty_batch"),
    "501 events": (b"[" + b",".join([written(move())] * 501) + b"]", "batch_too_large"),
    "10,000 events": (b"[" + b",".join([b'{"specversion": "1.0"}'] * 10_000) + b"]", "batch_too_large"),
}


def quarantine(stage: Stage) -> list[tuple[Any, ...]]:
    query = "SELECT message_offset, event_index, reason, pointer, payload, landlord, message_fr FROM core.quarantine"
    return [(*row[:4], bytes(row[4]), *row[5:]) for row in stage.rows(query)]


def assert_said_in_french(text: str) -> None:
    assert text.strip()
    assert not ENGLISH.search(text), text


@pytest.mark.parametrize("bad", EVENTS.values(), ids=EVENTS)
def test_a_bad_event_of_a_batch_costs_that_event_only(stage: Stage, bad: Bad) -> None:
    batch = b" [" + written(move(number=1)) + b" ,\n" + bad.raw + b"\t," + written(move(number=3)) + b"]\n"
    stage.take(message(0, [move()])._replace(payload=batch))
    ((*where, words),) = quarantine(stage)
    assert where == [0, 1, bad.reason, bad.pointer, bad.raw, SIRENS[0]]
    assert_said_in_french(words)
    (receipt,) = stage.receipts()
    assert receipt["outcomes"] == {"applied": 2, "quarantined": 1}
    told = receipt["rejected"][0]
    assert (told["index"], told["code"], told["pointer"]) == (1, bad.reason, bad.pointer)
    assert told["message_fr"].replace("\0", "␀") == words
    assert told["remedy_fr"] == remedy(bad.reason)
    assert told["event_id"] == ("e" if bad.raw.startswith(b"{") else None)
    assert receipt["rejected_total"] == len(receipt["rejected"]) == 1
    assert stage.rows("SELECT count(*) FROM core.move") == [(2,)]
    stage.assert_counters_equal_a_recount()


@pytest.mark.parametrize("name", [name for name, bad in EVENTS.items() if not bad.raw.startswith(b"[")])
def test_the_same_event_alone_in_its_message_is_told_the_same(stage: Stage, name: str) -> None:
    bad = EVENTS[name]
    stage.take(message(0, [move()])._replace(payload=bad.raw), message(1, [move(number=3)]))
    ((offset, index, reason, pointer, raw, *_),) = quarantine(stage)
    assert (offset, index, reason, pointer, raw) == (0, 0, bad.reason, bad.pointer, bad.raw)
    assert stage.rows("SELECT count(*) FROM core.move") == [(1,)]


@pytest.mark.parametrize(("payload", "reason"), WHOLE.values(), ids=WHOLE)
def test_a_message_that_cannot_be_cut_into_events_is_kept_whole(stage: Stage, payload: bytes, reason: str) -> None:
    stage.take(message(0, [move()]), message(1, [move()])._replace(payload=payload), message(2, [move(number=3)]))
    ((*where, words),) = quarantine(stage)
    assert where == [1, 0, reason, "", payload, SIRENS[0]]
    assert_said_in_french(words)
    assert [receipt["outcomes"] for receipt in stage.receipts()] == [
        {"applied": 1},
        {"quarantined": 1},
        {"applied": 1},
    ]
    assert stage.rows("SELECT count(*) FROM core.move") == [(2,)]


@pytest.mark.parametrize("day", ["2026-03-29", "2027-03-16"])
def test_the_last_days_allowed_are_applied(stage: Stage, day: str) -> None:
    status = "effective" if day < "2027" else "announced"
    stage.take(message(0, [move(effective_on=day, status=status)], day=TODAY))
    assert quarantine(stage) == []
    assert stage.rows("SELECT count(*) FROM core.move") == [(1,)]


def test_one_revision_with_three_contents_ends_the_same_in_any_order_and_warns(stage: Stage) -> None:
    events = [move(rooms=rooms) for rooms in ("T2", "T3", "T4")]
    ends = set()
    for order in permutations(events):
        for together in (True, False):
            stage.restart()
            if together:
                stage.take(message(0, order))
            else:
                stage.take(*(message(offset, [event]) for offset, event in enumerate(order)))
            ends.update(stage.rows("SELECT revision, rooms, content_hash FROM core.move"))
            warned = [warning for receipt in stage.receipts() for warning in receipt["warnings"]]
            assert {one["code"] for one in warned} == {"same_revision_other_content"}
            assert len(warned) == 2
            assert_said_in_french(warned[0]["message_fr"])
            stage.assert_counters_equal_a_recount()
    assert len(ends) == 1
