"""Versions as CloudEvents: the one place that knows how an event of the synthetic region is written."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import numpy as np
import orjson

from producers.pseudonyms import pseudonym, pseudonym_text
from producers.region.draws import Ints, day_of, month_text, months_of
from producers.region.dwellings import FINANCING, ROOMS, Dwellings
from producers.region.households import CODES, HOLDER_AGES, HOUSEHOLD_SIZES, HOUSEHOLD_TYPES, PLACES
from producers.region.landlords import Landlord
from producers.region.lifecycle import (
    CANCEL_REASONS,
    MALFORMED,
    OTHER_CONTENT,
    OTHER_ENVELOPE,
    STATUSES,
    Versions,
)
from producers.region.malformed import spoil
from producers.region.register import NO_NOTICE, Register
from schemas.events.models import MOVE_IN, MOVE_OUT

_CHUNK = 1_000
_QUALITIES = ("certain", "uncertain", "unknown")
_ID_SUFFIX = {OTHER_ENVELOPE: "-bis", OTHER_CONTENT: "-ter"}
DIRECTIONS: tuple[Literal["out", "in"], ...] = ("out", "in")


def landlord_key(seed: int, siren: str) -> bytes:
    """Return the pseudonym key of a fictitious landlord."""
    return hashlib.sha256(f"synthetic region {seed} {siren}".encode()).digest()


@lru_cache(maxsize=4096)
def instant_text(seconds: int) -> str:
    """Return an instant as RFC 3339 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=8192)
def _day_text(number: int) -> str:
    return day_of(number).isoformat()


@lru_cache(maxsize=2048)
def _month_text(number: int) -> str:
    return month_text(number)


def envelope(event_type: str, identifier: str, siren: str, seconds: int, data: dict[str, Any]) -> dict[str, Any]:
    """Return a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": identifier,
        "source": f"urn:siren:{siren}",
        "type": event_type,
        "time": instant_text(seconds),
        "datacontenttype": "application/json",
        "data": data,
    }


def _lease(dwelling: int, lease: int, key: int) -> str:
    return f"{dwelling}/{lease}/{key}"


class Writer:
    """Writes the events of one landlord."""

    def __init__(
        self,
        register: Register,
        dwellings: Dwellings,
        landlords: tuple[Landlord, ...],
        number: int,
        seed: int,
    ) -> None:
        self.register, self.dwellings = register, dwellings
        self.landlord = landlords[number]
        self.keys = [landlord_key(seed, one.siren) for one in landlords]
        self.key = self.keys[number]

    def move_id(self, row: int) -> UUID:
        """Return the identifier of the move in a row of the register."""
        one = self.register
        lease = _lease(int(one.dwelling[row]), int(one.lease[row]), int(one.key[row]))
        return pseudonym(self.key, "move", lease, DIRECTIONS[int(one.arrival[row])])

    def dwelling_id(self, row: int) -> UUID:
        """Return the pseudonym of the dwelling of the move in a row of the register: its owner's."""
        dwelling = self.register.dwelling[row : row + 1]
        owner = int(self.dwellings.landlord_of(dwelling)[0])
        return pseudonym(self.keys[owner], "dwelling", str(int(dwelling[0])))

    def events(self, versions: Versions) -> Iterator[bytes]:
        """Yield the bytes of each version, in order."""
        for start in range(0, versions.row.size, _CHUNK):
            part = _slice(versions, start, start + _CHUNK)
            flavours, published = part.flavour.tolist(), part.published.tolist()
            for data, flavour, instant, arrival in zip(
                self.data(part), flavours, published, self.register.arrival[part.row].tolist(), strict=True
            ):
                revision = data["revision"]
                seconds = instant - 1 if flavour == OTHER_ENVELOPE else revision
                suffix = _ID_SUFFIX.get(flavour, "" if flavour < MALFORMED else f"-x{flavour}")
                event = envelope(
                    MOVE_IN if arrival else MOVE_OUT,
                    f"{data['move_id']}-{revision}{suffix}",
                    self.landlord.siren,
                    seconds,
                    data,
                )
                yield (orjson.dumps(event) if flavour < MALFORMED else spoil(event, flavour - MALFORMED, instant))

    def data(self, versions: Versions) -> Iterator[dict[str, Any]]:
        """Yield the `data` of each version: the whole state of the move."""
        rows = self.register.take(versions.row)
        cells = self.dwellings.cells
        method, precision = self.landlord.location_method, "month" if self.landlord.month_precision else "day"
        tenancy: Ints = rows.tenancy.copy()
        tenancy[rows.arrival] = months_of(versions.effective)[rows.arrival]
        columns = (
            versions.revision,
            versions.status,
            versions.cancel,
            versions.effective,
            versions.reason,
            versions.rooms,
            rows.dwelling,
            rows.lease,
            rows.arrival,
            rows.key,
            rows.notice,
            rows.place,
            rows.quality,
            rows.household_type,
            rows.household_size,
            rows.holder_age,
            tenancy,
            self.dwellings.cell[rows.dwelling],
            self.dwellings.financing[rows.dwelling],
            self.dwellings.landlord_of(rows.dwelling),
        )
        for (
            revision,
            status,
            cancel,
            effective,
            reason,
            rooms,
            dwelling,
            lease,
            arrival,
            key,
            notice,
            place,
            quality,
            kind,
            size,
            age,
            began,
            cell_number,
            financing,
            owner,
        ) in zip(*(column.tolist() for column in columns), strict=True):
            cell = cells[cell_number]
            yield {
                "move_id": pseudonym_text(self.key, "move", _lease(dwelling, lease, key), DIRECTIONS[arrival]),
                "revision": revision,
                "status": STATUSES[status],
                "effective_on": _day_text(effective),
                "date_precision": precision,
                "notice_received_on": None if notice == NO_NOTICE else _day_text(notice),
                "cancel_reason": CANCEL_REASONS[cancel],
                "dwelling": pseudonym_text(self.keys[owner], "dwelling", str(dwelling)),
                "commune": cell.commune,
                "qpv_2024": cell.qpv_2024,
                "qpv_2015": cell.qpv_2015,
                "location_method": method,
                "location_quality": _QUALITIES[quality],
                "rooms": ROOMS[rooms],
                "financing": FINANCING[financing],
                "reason": CODES[reason],
                "place": PLACES[place],
                "tenancy_started_on": _month_text(began),
                "household_type": HOUSEHOLD_TYPES[kind],
                "household_size": HOUSEHOLD_SIZES[size],
                "holder_age": HOLDER_AGES[age],
                "code_list_version": 1,
            }


def _slice(versions: Versions, start: int, stop: int) -> Versions:
    return versions.take(np.arange(start, min(stop, versions.row.size)))
