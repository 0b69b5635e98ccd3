"""Reading: what is wrong with an event is said by code, pointer and French text, and costs that event only."""

import json
from typing import Any

import pytest

from schemas.events.reading import MAX_EVENTS, read_message
from tests.schemas.events.messages import (
    assert_speaks_french,
    declaration,
    envelope,
    move,
    spoilt,
    stock,
    written,
)

DEEP = 100_000
CELL = {"commune": "31555", "let": 10}
NO_REVISION = {name: value for name, value in move()["data"].items() if name != "revision"}
NOT_JSON = [
    pytest.param(b"", id="an empty message"),
    pytest.param(b"departures: 12", id="plain text"),
    pytest.param(b"[", id="an array cut short"),
    pytest.param(written(move())[:-1], id="an event cut short"),
    pytest.param(b"[" + written(move()) + b",]", id="a trailing comma"),
    pytest.param(b"[" + written(move()) + b"] and more", id="text after the array"),
    pytest.param(b"\xef\xbb\xbf" + written(move()), id="a byte order mark"),
    pytest.param(written(move()).decode().encode("utf-16"), id="UTF-16"),
    pytest.param(spoilt("0b8f6f0e", "é").decode().encode("latin-1"), id="Latin-1"),
    pytest.param(spoilt("31555", "31\x00555"), id="a raw NUL in a string"),
    pytest.param(written(move()) + b"\x00", id="a raw NUL at the end"),
    pytest.param(b"\x00" * 1000, id="only NUL bytes"),
    pytest.param(spoilt("0b8f6f0e", "\\ud800"), id="an escaped lone surrogate"),
    pytest.param(spoilt("0b8f6f0e", "\udc80"), id="a raw lone surrogate"),
]
DATE = "/data/effective_on"
BAD_EVENTS = [
    pytest.param(written(move(effective_on="2026-02-30")), "invalid_field", DATE, id="30 February"),
    pytest.param(written(move(effective_on="27/02/2026")), "invalid_field", DATE, id="a French date"),
    pytest.param(written(move(effective_on=20260227)), "invalid_field", DATE, id="a number for a date"),
    pytest.param(written(move(revision="1")), "invalid_field", "/data/revision", id="text for a number"),
    pytest.param(written(move(revision=1.5)), "invalid_field", "/data/revision", id="a float as revision"),
    pytest.param(written(move(revision=1.0)), "invalid_field", "/data/revision", id="a whole float as revision"),
    pytest.param(written(move(revision=True)), "invalid_field", "/data/revision", id="true as revision"),
    pytest.param(spoilt('"revision": 1', '"revision": NaN'), "invalid_field", "/data/revision", id="NaN"),
    pytest.param(spoilt('"revision": 1', '"revision": Infinity'), "invalid_field", "/data/revision", id="Infinity"),
    pytest.param(written(move(revision=-1)), "invalid_field", "/data/revision", id="a negative revision"),
    pytest.param(written(move(revision=2**62)), "invalid_field", "/data/revision", id="a revision too great"),
    pytest.param(written(move(revision=10**4000)), "invalid_field", "/data/revision", id="a number of 4001 digits"),
    pytest.param(written(envelope(NO_REVISION)), "missing_field", "/data/revision", id="no revision"),
    pytest.param(written(move(commune=31555)), "invalid_field", "/data/commune", id="a number for a commune"),
    pytest.param(written(move(commune="31\0555")), "invalid_field", "/data/commune", id="an escaped NUL"),
    pytest.param(written(move(reason="zz\0")), "invalid_field", "/data/reason", id="an escaped NUL in a code"),
    pytest.param(written(move(reason="x" * 41)), "invalid_field", "/data/reason", id="a code too long"),
    pytest.param(written(move(reason="")), "invalid_field", "/data/reason", id="an empty code"),
    pytest.param(written(move(move_id="lease 12")), "invalid_field", "/data/move_id", id="no UUID"),
    pytest.param(written(move(status="gone")), "unknown_code", "/data/status", id="an unknown status"),
    pytest.param(
        written(move(tenancy_started_on="2026-13")), "invalid_field", "/data/tenancy_started_on", id="month 13"
    ),
    pytest.param(written(envelope([])), "invalid_field", "/data", id="an array for data"),
    pytest.param(written(envelope({}, type="fr.rent.v1")), "unknown_type", "/type", id="an unknown type"),
    pytest.param(written(envelope({}, type=None)), "unknown_type", "/type", id="null for a type"),
    pytest.param(b"{}", "unknown_type", "/type", id="no type"),
    pytest.param(b"null", "invalid_field", "", id="null"),
    pytest.param(b"12", "invalid_field", "", id="a number"),
    pytest.param(written(envelope({}, id="")), "invalid_field", "/id", id="an empty id"),
    pytest.param(written(envelope(move()["data"], time="hier")), "invalid_field", "/time", id="no instant"),
    pytest.param(written(envelope(move()["data"], source="31555")), "invalid_field", "/source", id="no URN"),
    pytest.param(written(stock()), "invalid_field", "/data/cells", id="a stock of nothing"),
    pytest.param(
        written(stock(CELL, CELL | {"let": -1})), "invalid_field", "/data/cells/1/let", id="less than no dwelling"
    ),
    pytest.param(
        written(declaration(control_totals=[{"month": "2026-02", "direction": "out", "count": "12"}])),
        *("invalid_field", "/data/control_totals/0/count"),
        id="text for a control total",
    ),
    pytest.param(
        written(declaration(control_totals=12)),
        "invalid_field",
        "/data/control_totals",
        id="a number for control totals",
    ),
]


@pytest.mark.parametrize("payload", NOT_JSON)
def test_what_is_not_json_is_refused_as_a_whole_with_its_bytes(payload: bytes) -> None:
    reading = read_message(payload)
    assert reading.events == []
    (refused,) = reading.rejected
    assert (refused.index, refused.problem.reason, refused.problem.pointer) == (0, "not_json", "")
    assert refused.raw == payload
    assert_speaks_french(refused.problem)


@pytest.mark.parametrize(("payload", "reason", "pointer"), BAD_EVENTS)
def test_a_bad_event_alone_is_refused_with_reason_and_pointer(payload: bytes, reason: str, pointer: str) -> None:
    reading = read_message(payload)
    assert reading.events == []
    (refused,) = reading.rejected
    assert (refused.index, refused.problem.reason, refused.problem.pointer) == (0, reason, pointer)
    assert refused.raw == payload
    assert_speaks_french(refused.problem)


@pytest.mark.parametrize(("payload", "reason", "pointer"), BAD_EVENTS)
def test_a_bad_event_in_a_batch_costs_that_event_only(payload: bytes, reason: str, pointer: str) -> None:
    good = written(move())
    reading = read_message(b" [ " + good + b"\n,\t" + payload + b" , " + good + b" ]\n")
    assert [index for index, _ in reading.events] == [0, 2]
    (refused,) = reading.rejected
    assert (refused.index, refused.problem.reason, refused.problem.pointer) == (1, reason, pointer)
    assert refused.raw == payload, "the raw bytes are those of the event, without blanks or commas"
    assert_speaks_french(refused.problem)


def test_a_lone_surrogate_in_a_batch_costs_that_event_only() -> None:
    bad = spoilt("0b8f6f0e", "\\ud800")
    reading = read_message(b"[" + bad + b"," + written(move()) + b"]")
    assert [index for index, _ in reading.events] == [1]
    assert [(bad.index, bad.problem.reason) for bad in reading.rejected] == [(0, "not_json")]
    assert reading.rejected[0].raw == bad


def test_an_empty_batch_is_refused() -> None:
    (refused,) = read_message(b" [ ] ").rejected
    assert (refused.index, refused.problem.reason, refused.problem.pointer) == (0, "empty_batch", "")
    assert_speaks_french(refused.problem)


def test_a_batch_of_the_greatest_size_is_read_and_one_more_event_is_refused_as_a_whole() -> None:
    assert len(read_message(written([move()] * MAX_EVENTS)).events) == MAX_EVENTS
    for number in (MAX_EVENTS + 1, 10_000):
        reading = read_message(written([move()] * number))
        assert reading.events == []
        (refused,) = reading.rejected
        assert refused.problem.reason == "batch_too_large"
        assert str(number) in refused.problem.message_fr
        assert_speaks_french(refused.problem)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"[" * DEEP, id="open arrays"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, id="arrays"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="objects"),
        pytest.param(spoilt('"revision": 1', '"revision": 1, "x": ' + "[" * DEEP + "]" * DEEP), id="in a field"),
    ],
)
def test_a_hundred_thousand_levels_are_too_deep(payload: bytes) -> None:
    reading = read_message(payload)
    assert reading.events == []
    (refused,) = reading.rejected
    assert (refused.problem.reason, refused.problem.pointer) == ("too_deep", "")
    # An array whose brackets match is a batch of one event: its bytes are what is between them.
    assert refused.raw == (payload[1:-1] if payload.startswith(b"[") and payload.endswith(b"]") else payload)
    assert_speaks_french(refused.problem)


def test_a_deep_event_in_a_batch_costs_that_event_only() -> None:
    deep = spoilt('"revision": 1', '"revision": 1, "heating": ' + "[" * 300 + "]" * 300)
    reading = read_message(b"[" + deep + b"," + written(move()) + b"]")
    assert [index for index, _ in reading.events] == [1]
    assert [(bad.index, bad.problem.reason, bad.raw) for bad in reading.rejected] == [(0, "too_deep", deep)]


def test_of_duplicate_keys_the_last_one_counts() -> None:
    reading = read_message(spoilt('"revision": 1', '"revision": "x", "revision": 7'))
    assert reading.events[0][1]["data"]["revision"] == 7
    reading = read_message(spoilt('"revision": 1', '"revision": 7, "revision": "x"'))
    assert reading.rejected[0].problem.pointer == "/data/revision"
    twice = written(move())[:-1] + b', "type": "fr.rent.v1"}'
    assert read_message(twice).rejected[0].problem.reason == "unknown_type"


@pytest.mark.parametrize("extra", [12, None, [1, {"a": []}], {"class": "D"}, "\0"])
def test_an_unknown_extra_field_is_no_reason_to_refuse(extra: Any) -> None:
    payload = written(envelope(move(heating=extra)["data"], traceparent="00-1"))
    reading = read_message(payload)
    assert reading.rejected == []
    assert json.loads(payload)["data"]["heating"] == reading.events[0][1]["data"]["heating"]
