"""Decode messages into what the database takes: packed moves, registers, refused events. No I/O.

Runs in a thread while the database works on the batch before. Invariant: every event of a message comes
out exactly once, as a move, a register (stock, declaration) or a refusal.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel

from runtime.clock import PARIS
from runtime.topics import MAX_MESSAGE_BYTES, landlord_of
from schemas.events.models import ControlTotal, CountCell, Counts, Declaration, Move, Stock, StockCell
from schemas.events.places import Place, inside_qpv, place_of
from schemas.events.reading import Problem, Rejected, element_texts, read_message
from schemas.events.rules import Rules, direction_of, kind_of
from streams.ledger.flows import flow_number, nature_class
from streams.ledger.succession import identities

ADDED_SINCE = ("qpv_status",)
"""Fields of later minor versions: left out of a content's hash where absent, so that an older event keeps its hash."""
NO_CONTENT = ("revision", "former_move_id", "former_landlord")
"""A move that no longer says which identity it had before says nothing else than it did."""
_content_of = itemgetter("direction", *(name for name in Move.model_fields if name not in (*NO_CONTENT, *ADDED_SINCE)))
TOO_LARGE = Problem(
    "message_too_large", "", f"message de plus de {MAX_MESSAGE_BYTES} octets une fois décompressé : coupez le lot"
)
Rank = tuple[int, bytes]


class Message(NamedTuple):
    """A record as it came from the broker; `timestamp` is the broker's, in seconds."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    payload: bytes
    reading: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """The topic and the partition."""
        return self.topic, self.partition

    @property
    def identity(self) -> str:
        """The message's position: the identity of its receipt too, so that a repeat is recognisable.

        `reading` tells a later reading of a quarantined event from the first.
        """
        return f"{self.topic}:{self.partition}:{self.offset}{self.reading}"


class MoveEntry(NamedTuple):
    """One valid move: who, which, its rank among revisions, where, and what the row needs."""

    position: int
    key: tuple[str, bytes]
    rank: Rank
    in_scope: bool
    flow: int | None
    direction: str
    effective_on: date
    place: Place
    data: dict[str, Any]
    told: bool = True
    """False for the second row of an event that speaks of an earlier identity: the first one is told of."""


class RegisterEntry(NamedTuple):
    """One valid stock, declaration or counts."""

    position: int
    kind: str
    rank: Rank
    data: dict[str, Any]


@dataclass(slots=True)
class Decoded:
    """A message, read."""

    message: Message
    landlord: str
    received_on: date
    events: int
    moves: list[MoveEntry] = field(default_factory=list)
    registers: list[RegisterEntry] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    elsewhere: int = 0
    """Moves in another région: no row is written of them."""


@lru_cache(maxsize=4096)
def _paris_day(hour: int) -> date:
    return datetime.fromtimestamp(hour * 3600, UTC).astimezone(PARIS).date()


def received_day(timestamp: float) -> date:
    """Return the Paris day of a broker's time (whole hours decide it: Paris is a whole number of hours off)."""
    return _paris_day(int(timestamp // 3600))


def content_hash(data: dict[str, Any]) -> bytes:
    """Return 16 bytes that identify a move's content: known fields, and the direction; not `NO_CONTENT`."""
    content: tuple[Any, ...] = _content_of(data)
    added = {name: data[name] for name in ADDED_SINCE if data.get(name) is not None}
    return blake2b(orjson.dumps((*content, added) if added else content), digest_size=16).digest()


REGISTERS: dict[str, tuple[type[BaseModel], str, type[BaseModel]]] = {
    "stock": (Stock, "cells", StockCell),
    "declaration": (Declaration, "control_totals", ControlTotal),
    "counts": (Counts, "cells", CountCell),
}


def register_hash(data: dict[str, Any], kind: str) -> bytes:
    """Return 16 bytes that identify the content of a stock, declaration or counts: known fields, defaults filled in."""
    model, parts, part_model = REGISTERS[kind]
    kept: dict[str, Any] = _known_fields(data, model)
    kept.pop("revision")
    kept[parts] = [_known_fields(part, part_model) for part in kept[parts]]
    return blake2b(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _known_fields(data: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    known = {name: data.get(name, field.default) for name, field in model.model_fields.items()}
    return {name: value for name, value in known.items() if value is not None or name not in ADDED_SINCE}


def move_entry(position: int, event_type: str, data: dict[str, Any], landlord: str) -> MoveEntry:
    """Return a checked move as an entry. A month-precision date is the first of its month."""
    direction = data["direction"] = direction_of(event_type)
    effective_on: date = data["effective_on"]
    month_precision = data["date_precision"] == "month"
    if month_precision and effective_on.day != 1:
        effective_on = effective_on.replace(day=1)
    nature = nature_class(direction, data["reason"])
    in_scope = nature != "out_of_scope"
    flow, place = None, place_of(data)
    if in_scope and data["status"] == "effective":
        flow = flow_number(direction, nature, inside_qpv=inside_qpv(place), month_precision=month_precision)
    return MoveEntry(
        position,
        (landlord, data["move_id"].bytes),
        (data["revision"], content_hash(data)),
        in_scope,
        flow,
        direction,
        effective_on,
        place,
        data,
    )


def register_entry(position: int, kind: str, data: dict[str, Any], rules: Rules) -> RegisterEntry:
    """Return a checked stock, declaration or counts as an entry, without the cells of other régions."""
    rank = (data["revision"], register_hash(data, kind))
    if any(rules.is_elsewhere(cell["commune"]) for cell in data.get("cells", ())):
        data = data | {"cells": [cell for cell in data["cells"] if not rules.is_elsewhere(cell["commune"])]}
    return RegisterEntry(position, kind, rank, data)


def with_earlier_identity(entry: MoveEntry, rules: Rules) -> list[MoveEntry]:
    """Return the entries of a checked move: two, of which at most one counts, if it speaks of an earlier identity."""
    data, (landlord, _) = entry.data, entry.key
    if data["former_move_id"] is None:
        return [entry]
    predecessor = data["former_landlord"] or landlord
    merger = None if predecessor == landlord else rules.lineage.merger(predecessor, landlord)
    found = identities(entry.key, (predecessor, data["former_move_id"].bytes), entry.rank, entry.effective_on, merger)
    replaced = data | {"status": "cancelled", "cancel_reason": "replaced"}
    other = entry._replace(key=found.other, rank=found.other_rank, flow=None, data=replaced, told=False)
    return [entry._replace(key=found.counting, rank=found.rank), other]


def decode(message: Message, rules: Rules) -> Decoded:
    """Read one message."""
    landlord = landlord_of(message.topic)
    received_on = received_day(message.timestamp)
    if len(message.payload) > MAX_MESSAGE_BYTES:  # the broker's limit is on compressed bytes
        cut = Rejected(0, TOO_LARGE, message.payload[:MAX_MESSAGE_BYTES])
        return Decoded(message, landlord, received_on, 1, rejected=[cut])
    reading = read_message(message.payload)
    decoded = Decoded(
        message, landlord, received_on, len(reading.events) + len(reading.rejected), rejected=reading.rejected
    )
    refused = []
    for index, event in reading.events:
        if problem := rules.check(event, landlord, received_on):
            refused.append((index, problem))
        elif (kind := kind_of(event["type"])) == "move":
            if rules.is_elsewhere(event["data"]["commune"]):
                decoded.elsewhere += 1
                continue
            entry = move_entry(index, event["type"], event["data"], landlord)
            decoded.moves.extend(with_earlier_identity(entry, rules))
        else:
            decoded.registers.append(register_entry(index, kind, event["data"], rules))
    if refused:
        last = refused[-1][0]
        raws = reading.texts if len(reading.texts) > last else element_texts(message.payload, last)
        decoded.rejected.extend(Rejected(index, problem, raws[index].encode()) for index, problem in refused)
    return decoded
