"""Receipts: one a message, telling the landlord what became of each of its events, in French."""

from collections import Counter
from datetime import date
from typing import Any, Protocol

import orjson

from schemas.events.reading import Problem, Rejected
from streams.ingest.decode import Message

MAX_LISTED = 100
OUTCOMES_FR = {
    "applied": "appliqués",
    "superseded": "remplacés par une version plus récente",
    "duplicate": "déjà reçus",
    "out_of_scope": "hors champ",
    "quarantined": "refusés",
}


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


def receipt(answered: Answered, outcomes: Counter[str], warnings: list[Problem]) -> bytes:
    """Return the receipt as JSON. At most 100 refusals and 100 warnings are listed; all are counted."""
    document: dict[str, Any] = {
        "receipt_for": answered.message.identity,
        "landlord": answered.landlord,
        "received_on": answered.received_on.isoformat(),
        "events": answered.events,
        "outcomes": dict(sorted(outcomes.items())),
        "refused": [
            {"index": bad.index, "reason": bad.problem.reason, "pointer": bad.problem.pointer}
            | {"message_fr": bad.problem.message_fr}
            for bad in sorted(answered.rejected, key=lambda bad: bad.index)[:MAX_LISTED]
        ],
        "refused_total": len(answered.rejected),
        "warnings": [
            {"reason": warning.reason, "pointer": warning.pointer, "message_fr": warning.message_fr}
            for warning in warnings[:MAX_LISTED]
        ],
        "warnings_total": len(warnings),
        "summary_fr": ", ".join(f"{n} {OUTCOMES_FR[outcome]}" for outcome, n in sorted(outcomes.items())),
    }
    return orjson.dumps(document)
