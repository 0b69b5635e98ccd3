"""Rows of moves in PostgreSQL's binary COPY form, packed by hand: several times faster than row by row.

The columns are those of the temporary table `incoming` (`moves.py`), in that order.
"""

import struct
from collections.abc import Iterable
from datetime import date
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
COPY_TRAILER = struct.pack("!h", -1)
COLUMNS = (
    "seq move_id revision content_hash received_on effective_on cell_id dwelling flow notice_received_on "
    "tenancy_started_on landlord direction status date_precision cancel_reason location_method location_quality "
    "rooms financing reason place household_type household_size holder_age"
).split()
TEXT_COLUMNS = COLUMNS[12:]
NULL = struct.pack("!i", -1)

_SEQUENCE = struct.Struct("!hii")
_HEAD = struct.Struct("!i16siqi16siiiiiii16s")
_SHORT, _INT, _LENGTH = struct.Struct("!ih"), struct.Struct("!ii"), struct.Struct("!i")
_POSTGRES_EPOCH = date(2000, 1, 1).toordinal()


@lru_cache(maxsize=16_384)
def packed_text(value: str | None) -> bytes:
    """Return a text column (length and UTF-8 bytes). Cached: the values come from code lists, nearly all of them."""
    if value is None:
        return NULL
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _packed_date(value: date | None) -> bytes:
    return NULL if value is None else _INT.pack(4, value.toordinal() - _POSTGRES_EPOCH)


@cache
def month_start(month: str | None) -> date | None:
    """Return the first day of a month written YYYY-MM."""
    return None if month is None else date(int(month[:4]), int(month[5:]), 1)


def packed_move(
    data: dict[str, Any],
    *,
    key: tuple[str, bytes],
    rank: tuple[int, bytes],
    direction: str,
    received_on: date,
    effective_on: date,
    cell_id: int,
    flow: int | None,
) -> bytes:
    """Return one row of `incoming` without its number, which `numbered` puts before it.

    `key` is the landlord and the move, `rank` the revision and the content's hash.
    """
    dwelling: UUID = data["dwelling"]
    head = _HEAD.pack(
        16,
        key[1],
        8,
        rank[0],
        16,
        rank[1],
        4,
        received_on.toordinal() - _POSTGRES_EPOCH,
        4,
        effective_on.toordinal() - _POSTGRES_EPOCH,
        4,
        cell_id,
        16,
        dwelling.bytes,
    )
    text = packed_text
    return b"".join(
        (
            head,
            NULL if flow is None else _SHORT.pack(2, flow),
            _packed_date(data["notice_received_on"]),
            _packed_date(month_start(data["tenancy_started_on"])),
            text(key[0]),
            text(direction),
            text(data["status"]),
            text(data["date_precision"]),
            text(data["cancel_reason"]),
            text(data["location_method"]),
            text(data["location_quality"]),
            text(data["rooms"]),
            text(data["financing"]),
            text(data["reason"]),
            text(data["place"]),
            text(data["household_type"]),
            text(data["household_size"]),
            text(data["holder_age"]),
        )
    )


def numbered(rows: Iterable[bytes]) -> list[bytes]:
    """Return the rows in COPY form, numbered 0, 1, 2 ..."""
    columns, pack = len(COLUMNS), _SEQUENCE.pack
    return [pack(columns, 4, seq) + row for seq, row in enumerate(rows)]
