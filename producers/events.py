"""Records of an extract as CloudEvents.

Invariant: nothing of a record leaves but pseudonyms, codes of the lists, territories and dates. Natural identifiers,
addresses and points are read here for the last time.
"""

import hashlib
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from producers.coarsening import discreet_reason
from producers.extract.records import MoveRecord
from producers.journal import Journal
from producers.keys import Keyring
from producers.location.place import Location
from schemas.codes import CURRENT_VERSION, code_list
from schemas.events.models import MOVE_IN, MOVE_OUT

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


@lru_cache(maxsize=4_096)
def instant_text(seconds: int) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def move_event(data: dict[str, Any], direction: str, siren: str, time: str) -> bytes:
    """Return a move's CloudEvent. The same data at the same `time` gives the same bytes."""
    return event(_TYPES[direction], f"{data['move_id']}-{data['revision']}", siren, time, data)


def event(event_type: str, identifier: str, siren: str, time: str, data: dict[str, Any]) -> bytes:
    """Return a CloudEvent in structured JSON."""
    text = orjson.dumps(
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
    # A copy of its own size: what orjson returns was cut from a larger block, which ten thousand of them would hold.
    return memoryview(text).tobytes()


class Registered(NamedTuple):
    """A stock or a declaration: its name in the journal, and whether it is still to be sent."""

    name: str
    revision: int
    payload: bytes
    unsent: bool


def registered(
    name: str, event_type: str, identifier: str, data: dict[str, Any], siren: str, extracted: int, journal: Journal
) -> Registered:
    """Return the event of a stock or a declaration with its revision, which is written down under `name`."""
    revision, unsent = journal.register_revision(name, digest_of(data, 0), extracted)
    versioned = data | {"revision": revision}
    payload = event(event_type, f"{identifier}-{revision}", siren, instant_text(revision), versioned)
    return Registered(name, revision, payload, unsent)
