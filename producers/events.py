"""Records of an extract as CloudEvents, checked by the same parser and rules as at the observatory.

Invariant: nothing of a record leaves but pseudonyms, codes of the lists, territories and dates. Natural identifiers,
addresses and points are read here for the last time.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from producers.coarsening import discreet_reason
from producers.extract.records import MoveRecord
from producers.keys import Keyring
from producers.location.place import Location
from schemas.codes import CURRENT_VERSION, code_list
from schemas.events.models import MOVE_IN, MOVE_OUT
from schemas.events.reading import MAX_EVENTS, Problem, read_message
from schemas.events.rules import Rules

MAX_BYTES = 900_000
DIGEST_BYTES = 12
_TYPES = {"out": MOVE_OUT, "in": MOVE_IN}
_UNCOUNTED = {
    direction: frozenset(code for code, one in code_list(name).items() if one.nature_class == "out_of_scope")
    for direction, name in (("out", "departure_reason"), ("in", "arrival_nature"))
}
_OPTIONAL = (
    "cancel_reason",
    "financing",
    "tenancy_started_on",
    "household_type",
    "household_size",
    "holder_age",
)
_day = lru_cache(maxsize=16_384)(date.isoformat)


class Line(NamedTuple):
    """An event as it is sent, and the line of the extract that it comes from (0: none)."""

    line: int
    payload: bytes


class Refused(NamedTuple):
    """An event that the observatory would refuse: it is not sent. `line` is the extract's (0: none)."""

    line: int
    problem: Problem


@dataclass(slots=True)
class Message:
    """A message of the topic: one event, or a batch. `lines` are the extract's, by rank in the message."""

    payload: bytes
    batch: bool
    lines: list[int] = field(default_factory=list)


def move_data(record: MoveRecord, location: Location, ring: Keyring) -> dict[str, Any]:
    """Return the `data` of a move, but its revision and former identity: fields that say nothing are left out."""
    direction = record.direction
    data: dict[str, Any] = {
        "move_id": ring.move_id(record.lease, direction),
        "status": record.status,
        "effective_on": _day(record.effective_on),
        "date_precision": record.date_precision,
        "dwelling": ring.dwelling(record.dwelling),
        "commune": location.commune,
        "qpv_status": location.qpv_status,
        "location_method": location.method,
        "location_quality": location.quality,
        "rooms": record.rooms,
        "reason": discreet_reason(direction, record.reason),
        "place": record.place,
        "code_list_version": CURRENT_VERSION,
    }
    if location.qpv_2024:
        data["qpv_2024"] = location.qpv_2024
    if location.qpv_2015:
        data["qpv_2015"] = location.qpv_2015
    if record.notice_received_on:
        data["notice_received_on"] = _day(record.notice_received_on)
    for name in _OPTIONAL:
        if (value := getattr(record, name)) is not None:
            data[name] = value
    return data


def digest_of(content: Any, k: int) -> bytes:
    """Return a short hash of a content and of the threshold it was coarsened with."""
    return hashlib.blake2b(orjson.dumps(content), digest_size=DIGEST_BYTES, salt=str(k).encode()).digest()


def counted_month(data: dict[str, Any], direction: str) -> str | None:
    """Return the month in which a move counts; None for one that does not."""
    if data["status"] != "effective" or data["reason"] in _UNCOUNTED[direction]:
        return None
    return str(data["effective_on"])[:7]


def former_identity(record: MoveRecord, ring: Keyring) -> dict[str, str]:
    """Return the fields that say what a move was called before; none outside a period of two keys."""
    former = ring.former(record.lease, record.direction, record.dwelling)
    if former is None:
        return {}
    move_id, landlord = former
    return {"former_move_id": move_id} | ({"former_landlord": landlord} if landlord else {})


def instant_text(seconds: int) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def move_event(data: dict[str, Any], direction: str, siren: str, time: str) -> bytes:
    """Return a move's CloudEvent. The same data at the same `time` gives the same bytes."""
    return event(_TYPES[direction], f"{data['move_id']}-{data['revision']}", siren, time, data)


def event(event_type: str, identifier: str, siren: str, time: str, data: dict[str, Any]) -> bytes:
    """Return a CloudEvent in structured JSON."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": identifier,
            "source": f"urn:siren:{siren}",
            "type": event_type,
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        }
    )


def as_messages(events: Iterable[Line]) -> Iterator[Message]:
    """Yield the events, in order, in batches of at most 500 events and 900 kB."""
    held: list[Line] = []
    size = 0
    for one in events:
        if held and (len(held) == MAX_EVENTS or size + len(one.payload) + 1 > MAX_BYTES):
            yield _joined(held)
            held, size = [], 0
        held.append(one)
        size += len(one.payload) + 1
    if held:
        yield _joined(held)


def _joined(held: list[Line]) -> Message:
    lines = [one.line for one in held]
    if len(held) == 1:
        return Message(held[0].payload, False, lines)
    return Message(b"[" + b",".join(one.payload for one in held) + b"]", True, lines)


def examine(message: Message, rules: Rules, siren: str, today: date) -> tuple[Message | None, list[Refused]]:
    """Return the message without the events that the observatory would refuse, and those; None if nothing is left."""
    reading = read_message(message.payload)
    refused = {one.index: one.problem for one in reading.rejected}
    for index, found in reading.events:
        if problem := rules.check(found, siren, today):
            refused[index] = problem
    if not refused:
        return message, []
    told = [Refused(message.lines[index], problem) for index, problem in sorted(refused.items())]
    if len(refused) == len(message.lines):
        return None, told
    payloads = [orjson.dumps(one) for one in orjson.loads(message.payload)]
    kept = [Line(line, payloads[index]) for index, line in enumerate(message.lines) if index not in refused]
    return _joined(kept), told
