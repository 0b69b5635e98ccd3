"""The published sequences of events, written out: what each step sends, and what must come of it."""

import copy
from typing import Any

from tests.schemas.contract.published import document

SIREN = "123456789"
SEQUENCES: list[dict[str, Any]] = document("examples/sequences.json")


def written_out(step: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a step: the named example, with the fields that change."""
    events = []
    for part in step.get("batch", [step]):
        event = copy.deepcopy(document(f"examples/{part['event']}.json"))
        event["data"] |= part["changes"]
        event["source"] = step.get("source", event["source"])
        events.append(event)
    return events
