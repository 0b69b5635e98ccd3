"""Whatever bytes arrive, reading never raises, and accounts for every event exactly once."""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events.reading import MAX_EVENTS, Reading, element_texts, read_message
from tests.schemas.events.messages import declaration, move, stock, written

Change = Callable[[bytes], bytes]
CELL = {"commune": "31555", "let": 10, "tenancies_by_start_year": {"2014": 3}}
TOTALS = [{"month": "2026-02", "direction": "out", "count": 3}]
VALID = [
    written(move()),
    written(stock(CELL)),
    written(declaration(control_totals=TOTALS)),
    written([move(), stock(CELL), declaration(control_totals=TOTALS), move(revision=2)]),
]
PIECES = st.one_of(
    st.binary(max_size=6),
    st.sampled_from([b"[", b"]", b"{", b"}", b",", b'"', b"\\", b"\0", b"null", b"NaN", b"1e999", b"-0", b"\\ud800"]),
    st.sampled_from([b"9" * 5000, b"[" * 2000, b"\xef\xbb\xbf", b"\xff", b'"x":', b"2026-02-30", b"\x0b"]),
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
SETTINGS = settings(derandomize=True, deadline=None, max_examples=400)


def _events_in(payload: bytes) -> int:
    """Return how many events a message holds: one, unless it is a readable batch of an allowed size."""
    try:
        found = json.loads(payload.decode())
    except (ValueError, RecursionError):
        return 1
    return len(found) if isinstance(found, list) and 0 < len(found) <= MAX_EVENTS else 1


def _assert_accounts_for(payload: bytes, reading: Reading, number: int) -> None:
    positions = [index for index, _ in reading.events] + [refused.index for refused in reading.rejected]
    assert sorted(positions) == list(range(number))
    for refused in reading.rejected:
        assert refused.problem.reason
        assert refused.problem.message_fr.strip()
        assert refused.raw in payload
    if reading.events:
        assert len(element_texts(payload)) == number


@SETTINGS
@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_one_refused_message_at_least(payload: bytes) -> None:
    reading = read_message(payload)
    assert reading.events == []
    _assert_accounts_for(payload, reading, _events_in(payload))


@SETTINGS
@given(st.sampled_from(VALID), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), max_size=4))
def test_a_valid_message_with_pieces_cut_out_and_put_in_is_accounted_for(
    payload: bytes, wounds: list[tuple[float, int, bytes]]
) -> None:
    for where, cut, put in wounds:
        at = int(where * len(payload))
        payload = payload[:at] + put + payload[at + cut :]
    reading = read_message(payload)
    if payload[:1] in (b"[", b"{"):
        _assert_accounts_for(payload, reading, _events_in(payload))
    else:
        positions = [index for index, _ in reading.events] + [refused.index for refused in reading.rejected]
        assert sorted(positions) == list(range(len(positions)))
        assert positions


@SETTINGS
@given(st.data())
def test_a_valid_event_with_any_json_for_any_field_is_accounted_for(data: st.DataObject) -> None:
    event: dict[str, Any] = data.draw(st.sampled_from([move(), stock(CELL), declaration(control_totals=TOTALS)]))
    inside = data.draw(st.booleans())
    target = event["data"] if inside else event
    name = data.draw(st.sampled_from(sorted(target)) | st.text(max_size=8))
    target[name] = data.draw(ANY_JSON)
    payload = json.dumps([event, move()]).encode()
    reading = read_message(payload)
    _assert_accounts_for(payload, reading, 2)
    assert 1 in [index for index, _ in reading.events], "the good event beside it is kept"


@SETTINGS
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.sampled_from([" ", "", "\n", "\t \r\n"]))
def test_of_a_batch_exactly_the_bad_events_are_refused_at_their_places(goods: list[bool], blank: str) -> None:
    texts = [written(move(revision=i if good else -1 - i)).decode() for i, good in enumerate(goods)]
    payload = f"{blank}[{blank}{f'{blank},{blank}'.join(texts)}{blank}]{blank}".encode()
    reading = read_message(payload)
    assert [index for index, _ in reading.events] == [i for i, good in enumerate(goods) if good]
    assert [event["data"]["revision"] for _, event in reading.events] == [i for i, good in enumerate(goods) if good]
    refused = [(bad.index, bad.raw.decode()) for bad in reading.rejected]
    assert refused == [(i, texts[i]) for i, good in enumerate(goods) if not good]
