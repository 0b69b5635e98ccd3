"""Records as the archive holds them, without a broker."""

import random
from datetime import UTC, datetime
from typing import Any

import orjson

from runtime.topics import moves_topic
from tests.streams.faults.events import move, sirens

SIREN = sirens(900, 1)[0]
TOPIC = moves_topic(SIREN)


def row(offset: int, value: bytes | None, arrived: str = "2026-03-10T08:00", **changes: Any) -> dict[str, Any]:
    """Return one record; `arrived` is an instant in UTC."""
    timestamp = int(datetime.fromisoformat(arrived).replace(tzinfo=UTC).timestamp() * 1000)
    return {
        "topic": TOPIC,
        "partition": 0,
        "offset": offset,
        "timestamp": timestamp,
        "key": None,
        "value": value,
        "headers": [],
        **changes,
    }


def event(number: int, effective_on: str = "2026-02-20") -> dict[str, Any]:
    """Return one move-out or move-in of the landlord."""
    found = move(SIREN, number, random.Random(number))
    return found | {"data": found["data"] | {"effective_on": effective_on}}


def message(*events: dict[str, Any]) -> bytes:
    """Return a batch of these events."""
    return orjson.dumps(list(events))
