"""A history sent at once: a landlord that joins uploads its past in batches, day by day."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson

from producers.region.delivery import BATCH, Publication
from schemas.events.models import DECLARATION

MAX_BYTES = 900_000


def as_upload(publications: Iterable[Publication]) -> Iterator[Publication]:
    """Yield the same events in the same order, the single ones of a day joined into batches of at most 500.

    A batch bears the instant of its last event. What is no JSON object stays a message of its own, and a
    declaration is the last of its message: its control totals speak of what comes before it.
    """
    held: list[Publication] = []
    size = 0
    for one in publications:
        event = None if one.batch else _event(one.payload)
        joinable = event is not None
        fits = held and len(held) < BATCH and size + len(one.payload) < MAX_BYTES
        if held and not (joinable and fits and _same_day(one.published_at, held[0].published_at)):
            yield _joined(held)
            held, size = [], 0
        if joinable:
            held.append(one)
            size += len(one.payload) + 1
        else:
            yield one
        if event is not None and event.get("type") == DECLARATION:
            yield _joined(held)
            held, size = [], 0
    if held:
        yield _joined(held)


def _event(payload: bytes) -> dict[str, Any] | None:
    """Return the event of a message, None if it is no JSON object."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _same_day(one: datetime, other: datetime) -> bool:
    return one.date() == other.date()


def _joined(held: list[Publication]) -> Publication:
    if len(held) == 1:
        return held[0]
    payload = b"[" + b",".join(one.payload for one in held) + b"]"
    return Publication(held[0].landlord, held[-1].published_at, payload, len(held), True)
