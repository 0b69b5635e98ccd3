"""What a message of the archive says of moves: how long it may be kept, and what is left of it without some of them.

Invariant: the events that stay keep their very bytes; a message is never parsed by other rules than the worker's.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from schemas.events.horizon import horizon
from schemas.events.reading import element_texts, read_message

REFUSED_DAYS = 30
"""Days after its arrival for which what is no event is kept: as the quarantine's contents."""
NEVER = date.max
_IDENTITIES = ("move_id", "former_move_id", "dwelling")


class Element(NamedTuple):
    """One event of a message: its text, and its data; None for what is no event of the contract."""

    text: str
    data: dict[str, Any] | None

    @property
    def effect(self) -> date | None:
        """When a move takes effect; stocks, declarations and counts are aggregates, which go with their file."""
        found: date | None = (self.data or {}).get("effective_on")
        return found

    def is_over(self, arrived_on: date, limits: "Limits") -> bool:
        """Return whether it may no longer be kept, whatever its file's month."""
        if self.data is None:
            return arrived_on < limits.refused
        return self.effect is not None and self.effect < limits.effect

    def is_about(self, pseudonyms: frozenset[str]) -> bool:
        """Return whether it names a move or a dwelling of these; what is no event is searched as text."""
        if self.data is None:
            text = self.text.lower()
            return any(one in text for one in pseudonyms)
        return any(str(self.data.get(name)).lower() in pseudonyms for name in _IDENTITIES)


def elements(value: bytes) -> list[Element]:
    """Return the events of a message, and what is none, in order; never raises on its content."""
    reading = read_message(value)
    if not reading.events:
        return [Element(value.decode("utf-8", "backslashreplace"), None)]
    texts, valid = element_texts(value), dict(reading.events)
    return [Element(text, valid[index]["data"] if index in valid else None) for index, text in enumerate(texts)]


class Limits(NamedTuple):
    """The first day of effect of a move, and of arrival of what is no event, that may still be kept."""

    effect: date
    refused: date

    @classmethod
    def on(cls, today: date, months: int) -> "Limits":
        """Return the limits of a day, for moves that are kept so many months after that of their effect."""
        return cls(horizon(today, months), today - timedelta(days=REFUSED_DAYS))


def oldest(rows: Iterable[tuple[bytes | None, date]]) -> Limits:
    """Return the oldest effect, and the oldest arrival of what is no event, of (message, day of arrival)."""
    effect = refused = NEVER
    for value, arrived_on in rows:
        for one in elements(value) if value is not None else ():
            effect = min(effect, one.effect or NEVER)
            refused = min(refused, arrived_on if one.data is None else NEVER)
    return Limits(effect, refused)


def take_out(
    rows: Iterable[dict[str, Any]], unwanted: Callable[[Element, dict[str, Any]], bool]
) -> tuple[list[dict[str, Any]], int]:
    """Return records without some of their events, and how many went; a message with no event left goes whole."""
    kept, removed = [], 0
    for row in rows:
        value = row["value"]
        if value is not None:
            value, gone = without(value, lambda one, row=row: unwanted(one, row))  # type: ignore[misc]
            removed += gone
            if value is None:
                continue
        kept.append(row | {"value": value})
    return kept, removed


def without(value: bytes, unwanted: Callable[[Element], bool]) -> tuple[bytes | None, int]:
    """Return a message without some of its events, None if nothing is left of it, and how many were taken out."""
    found = elements(value)
    kept = [one.text for one in found if not unwanted(one)]
    removed = len(found) - len(kept)
    if not removed or not kept:
        return (value if kept else None), removed
    return f"[{','.join(kept)}]".encode(), removed
