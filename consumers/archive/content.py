"""What a message of the archive says of moves: how long it may be kept, and what is left of it without some of them.

Invariant: the events that stay keep their very bytes; a message is never parsed by other rules than the worker's.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, NamedTuple

from schemas.events.reading import element_texts, read_message

KEPT_MONTHS = 25
"""Months past its effect for which a move is kept: as the ledger's rows."""
REFUSED_DAYS = 30
"""Days after its arrival for which what is no event is kept: as the quarantine's contents."""
NEVER = date.max
_IDENTITIES = ("move_id", "former_move_id", "dwelling")


class Element(NamedTuple):
    """One event of a message: its text, and its data; None for what is no event of the contract."""

    text: str
    data: dict[str, Any] | None

    def expires_on(self, arrived_on: date) -> date:
        """Return the first day on which it may no longer be kept, whatever its file's month."""
        if self.data is None:
            return arrived_on + timedelta(days=REFUSED_DAYS + 1)
        # Stocks, declarations and counts are aggregates: they go with their file.
        return months_later(self.data["effective_on"], KEPT_MONTHS) if "move_id" in self.data else NEVER

    def is_about(self, pseudonyms: frozenset[str]) -> bool:
        """Return whether it names a move or a dwelling of these; what is no event is searched as text."""
        if self.data is None:
            text = self.text.lower()
            return any(one in text for one in pseudonyms)
        return any(str(self.data.get(name)).lower() in pseudonyms for name in _IDENTITIES)


def months_later(day: date, months: int) -> date:
    """Return the first day after `months` whole months: 31 January and one month give 1 March."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)


def elements(value: bytes) -> list[Element]:
    """Return the events of a message, and what is none, in order; never raises on its content."""
    reading = read_message(value)
    if not reading.events:
        return [Element(value.decode("utf-8", "backslashreplace"), None)]
    texts, valid = element_texts(value), dict(reading.events)
    return [Element(text, valid[index]["data"] if index in valid else None) for index, text in enumerate(texts)]


def expiry(value: bytes | None, arrived_on: date) -> date:
    """Return the first day on which something of a message may no longer be kept."""
    if value is None:
        return NEVER
    return min(one.expires_on(arrived_on) for one in elements(value))


def without(value: bytes, unwanted: Callable[[Element], bool]) -> tuple[bytes | None, int]:
    """Return a message without some of its events, None if nothing is left of it, and how many were taken out."""
    found = elements(value)
    kept = [one.text for one in found if not unwanted(one)]
    removed = len(found) - len(kept)
    if not removed or not kept:
        return (value if kept else None), removed
    return f"[{','.join(kept)}]".encode(), removed
