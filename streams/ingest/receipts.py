"""Receipts: one a message, a CloudEvent that tells the landlord what became of each of its events, in French.

The shape is that of `schemas/events/receipts.py`. A receipt is a function of its message and of what the ledger
held: `time` is the broker's time of the message, so that a receipt made again is the same to the byte.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import orjson

from runtime.topics import is_sandbox
from schemas.events.reading import Problem, Rejected, element_texts
from schemas.events.reasons import remedy
from schemas.events.receipts import OUTCOMES_FR, RECEIPT, SOURCE
from streams.ingest.decode import Message

CONTENT_TYPE = b"application/cloudevents+json"
MAX_LISTED = 100
_LONGEST_ID = 128
_TEXT = rb'"(?:[^"\\]|\\.)*+"'
# The id of an event that cannot be read as JSON, if only texts come before it: of what is within nothing is taken.
_EARLY_ID = re.compile(rb'\s*+\{(?:\s*+(?!"id")%s\s*+:\s*+%s\s*+,)*+\s*+"id"\s*+:\s*+(%s)' % (_TEXT, _TEXT, _TEXT))
_LOOKED_THROUGH = 4_096


class Answered(Protocol):
    """What a receipt speaks of: a message and its refused events."""

    @property
    def message(self) -> Message:
        """The record as it came from the broker."""
        ...

    @property
    def landlord(self) -> str:
        """The SIREN of the topic's landlord."""
        ...

    @property
    def received_on(self) -> date:
        """The Paris day of receipt."""
        ...

    @property
    def events(self) -> int:
        """How many events the message held."""
        ...

    @property
    def rejected(self) -> list[Rejected]:
        """The refused ones."""
        ...


@dataclass(slots=True)
class Told:
    """What there is to tell of a message besides its refusals.

    `warnings` are doubts with the index of their event, `differences` are control totals that the ledger does not
    count: (month, direction, declared, counted).
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    warnings: list[tuple[int, Problem]] = field(default_factory=list)
    differences: list[tuple[str, str, int, int]] = field(default_factory=list)


def receipt(answered: Answered, told: Told) -> bytes:
    """Return the receipt as JSON. At most 100 refusals and 100 warnings are listed; all are counted."""
    message = answered.message
    rejected = sorted(answered.rejected, key=lambda bad: bad.index)[:MAX_LISTED]
    document = {
        "specversion": "1.0",
        "id": message.identity,
        "source": SOURCE,
        "type": RECEIPT,
        "time": instant(message.timestamp),
        "datacontenttype": "application/json",
        "data": {
            "landlord": answered.landlord,
            "topic": message.topic,
            "partition": message.partition,
            "offset": message.offset,
            "received_on": answered.received_on,
            "sandbox": is_sandbox(message.topic),
            "redriven": bool(message.reading),
            "events": answered.events,
            "outcomes": dict(sorted(told.outcomes.items())),
            "rejected": [_remark(event_id(bad.raw), bad.index, bad.problem) for bad in rejected],
            "rejected_total": len(answered.rejected),
            "warnings": _warnings(message.payload, told.warnings[:MAX_LISTED]),
            "warnings_total": len(told.warnings),
            "control_differences": [
                {"month": month, "direction": direction, "declared": declared, "counted": counted}
                for month, direction, declared, counted in told.differences
            ],
            "erased": None,
            "summary_fr": summary(told.outcomes, len(told.differences)),
        },
    }
    return orjson.dumps(document)


def instant(timestamp: float) -> str:
    """Return a broker's time, in seconds, as ISO 8601 text in UTC with milliseconds."""
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def summary(outcomes: Mapping[str, int], differences: int) -> str:
    """Return the receipt in one line of French."""
    parts = [f"{label} : {outcomes[outcome]}" for outcome, label in OUTCOMES_FR.items() if outcomes.get(outcome)]
    if differences:
        parts.append(f"totaux de contrôle différents : {differences}")
    return " ; ".join(parts)


def _remark(identity: str | None, index: int, problem: Problem) -> dict[str, Any]:
    return {
        "event_id": identity,
        "index": index,
        "code": problem.reason,
        "pointer": problem.pointer,
        "message_fr": problem.message_fr,
        "remedy_fr": remedy(problem.reason),
    }


def _warnings(payload: bytes, warnings: Sequence[tuple[int, Problem]]) -> list[dict[str, Any]]:
    """Return the remarks; the message is cut into its events again only where there is something to warn of."""
    if not warnings:
        return []
    texts = element_texts(payload, max(index for index, _ in warnings))
    return [_remark(event_id(texts[index].encode()), index, problem) for index, problem in warnings]


def event_id(raw: bytes) -> str | None:
    """Return an event's `id` as far as it can be read, None where there is none that can be one.

    Of bytes that are no JSON it is taken only if nothing but texts comes before it: a message cut short.
    """
    try:
        event = orjson.loads(raw)
    except orjson.JSONDecodeError:
        event = _read_leniently(raw)
    found = event.get("id") if isinstance(event, dict) else None
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_ID:
        return None
    return found.encode("utf-8", "replace").decode()


def _read_leniently(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_int=str)
    except (ValueError, RecursionError):
        found = _EARLY_ID.match(raw[:_LOOKED_THROUGH])
    try:
        return {"id": json.loads(found[1].decode("utf-8", "replace"))} if found else None
    except ValueError:
        return None
