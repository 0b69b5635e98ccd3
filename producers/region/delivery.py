"""Messages in the order in which a landlord sends them: live events one by one, runs in batches."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import orjson

from producers.region.calendars import Calendar
from producers.region.declarations import Books, DueDeclaration, declaration_data
from producers.region.dwellings import Dwellings
from producers.region.landlords import Landlord
from producers.region.lifecycle import MALFORMED, Versions
from producers.region.malformed import NOT_JSON
from producers.region.register import Register
from producers.region.stocks import DueStock
from producers.region.wire import Writer, envelope
from schemas.events.models import DECLARATION, STOCK

BATCH = 500
_BETWEEN_BATCHES = 20
_RESENT_EVERY, _RESENT_AT, _RESENT_AFTER = 40, 17, 9


@dataclass(frozen=True)
class Publication:
    """One Kafka message: a CloudEvent, or a JSON array of at most 500 of them if `batch`."""

    landlord: str
    published_at: datetime
    payload: bytes
    events: int
    batch: bool


@dataclass(frozen=True)
class Outbox:
    """All that one landlord sends: versions by publication, stocks, and declarations."""

    landlord: Landlord
    calendar: Calendar
    versions: Versions
    stocks: tuple[DueStock, ...]
    declarations: tuple[DueDeclaration, ...]


@dataclass(frozen=True)
class Batch:
    """The versions `start` to `stop` (excluded) of a landlord, sent at `instant`, and again if `resent`."""

    instant: int
    start: int
    stop: int
    resent: bool


def batches(versions: Versions) -> list[Batch]:
    """Cut the versions of a landlord's runs into messages; what is not JSON is alone in its message."""
    size = versions.row.size
    if not size:
        return []
    broken = versions.flavour == MALFORMED + NOT_JSON
    new_run = np.append(True, versions.published[1:] != versions.published[:-1])
    cut = new_run | broken | np.append(False, broken[:-1])
    edges = [*np.flatnonzero(cut).tolist(), size]
    starts = [one for low, high in pairwise(edges) for one in range(low, high, BATCH)]
    result = []
    spoilt = np.append(0, np.cumsum(versions.flavour >= MALFORMED))
    position = 0
    for number, (start, stop) in enumerate(pairwise([*starts, size])):
        position = 0 if new_run[start] else position + 1
        resent = number % _RESENT_EVERY == _RESENT_AT and spoilt[stop] == spoilt[start]
        instant = int(versions.published[start]) + _BETWEEN_BATCHES * position
        result.append(Batch(instant, start, stop, bool(resent)))
    return result


def _publication(landlord: Landlord, instant: int, payload: bytes, events: int, batch: bool) -> Publication:
    return Publication(landlord.siren, datetime.fromtimestamp(instant, UTC), payload, events, batch)


def _moves(outbox: Outbox, writer: Writer) -> Iterator[Publication]:
    events = writer.events(outbox.versions)
    landlord = outbox.landlord
    if outbox.calendar.live:
        for instant, event in zip(outbox.versions.published.tolist(), events, strict=True):
            yield _publication(landlord, instant, event, 1, batch=False)
        return
    for batch in batches(outbox.versions):
        some = [next(events) for _ in range(batch.start, batch.stop)]
        if len(some) == 1:
            payload, array = some[0], False
        else:
            payload, array = b"[" + b",".join(some) + b"]", True
        yield _publication(landlord, batch.instant, payload, len(some), array)
        if batch.resent:
            yield _publication(landlord, batch.instant + _RESENT_AFTER, payload, len(some), array)


def _stocks(outbox: Outbox, dwellings: Dwellings) -> Iterator[Publication]:
    landlord = outbox.landlord
    for due in outbox.stocks:
        data = due.data(dwellings, landlord)
        identifier = f"stock-{landlord.siren}-{due.instant}"
        event = envelope(STOCK, identifier, landlord.siren, due.instant, data)
        yield _publication(landlord, due.instant, orjson.dumps(event), 1, batch=False)


def _declarations(outbox: Outbox, register: Register) -> Iterator[Publication]:
    landlord, books = outbox.landlord, Books(register, outbox.versions)
    for due in outbox.declarations:
        data = declaration_data(landlord, due, books)
        identifier = f"declaration-{landlord.siren}-{due.instant}"
        event = envelope(DECLARATION, identifier, landlord.siren, due.instant, data)
        yield _publication(landlord, due.instant, orjson.dumps(event), 1, batch=False)


def deliver(outbox: Outbox, writer: Writer, register: Register) -> Iterator[Publication]:
    """Yield everything that one landlord sends, by instant: moves, then stocks, then declarations."""
    return heapq.merge(
        _moves(outbox, writer),
        _stocks(outbox, writer.dwellings),
        _declarations(outbox, register),
        key=lambda one: one.published_at,
    )
