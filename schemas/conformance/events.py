"""Good events to send and to spoil, all of the fictitious landlord `SIREN`."""

import json
from typing import Any

from schemas.events.models import COUNTS, DECLARATION, MOVE_IN, MOVE_OUT, STOCK

SIREN = "123456789"
Event = dict[str, Any]
CELL = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007", "rooms": "T3", "let": 412}
COUNT = {"commune": "31555", "qpv_2024": "QN03107M", "direction": "out", "reason": "emploi", "count": 12}
TOTAL = {"month": "2025-02", "direction": "out", "count": 57}


def event(kind: str, data: Any, **changes: Any) -> Event:
    """Return an event of a type with these data; `changes` are fields of the envelope."""
    return {
        "specversion": "1.0",
        "id": "essai-1",
        "source": f"urn:siren:{SIREN}",
        "type": kind,
        "time": "2025-03-09T08:12:44Z",
        "datacontenttype": "application/json",
        "data": data,
        **changes,
    }


def move(number: int = 1, direction: str = "out", **changes: Any) -> Event:
    """Return a move of 27 February 2025 in a QPV of Toulouse, with changes of its data."""
    data = {
        "move_id": f"5d0c1a52-0000-8000-8000-{number:012d}",
        "revision": 1,
        "status": "effective",
        "effective_on": "2025-02-27",
        "dwelling": f"91aa0000-0000-8000-8000-{number:012d}",
        "commune": "31555",
        "qpv_2024": "QN03107M",
        "rooms": "T3",
        "reason": "mutation_interne" if direction == "out" else "relocation",
        **changes,
    }
    return event(MOVE_OUT if direction == "out" else MOVE_IN, data, id=f"essai-{number}")


def without(original: Event, *path: str) -> Event:
    """Return a copy of an event without one field."""
    *parents, last = path
    copy = inside = json.loads(json.dumps(original))
    for name in parents:
        inside = inside[name]
    del inside[last]
    return copy  # type: ignore[no-any-return]


def stock(*cells: Event, **changes: Any) -> Event:
    """Return a stock of these cells."""
    return event(STOCK, {"stock_on": "2025-01-01", "revision": 1, "cells": list(cells), **changes})


def declaration(**changes: Any) -> Event:
    """Return a declaration of the whole stock."""
    data = {"complete_through": "2025-02-28", "scope": "whole_stock", "revision": 1, **changes}
    return event(DECLARATION, data)


def counts(*cells: Event, **changes: Any) -> Event:
    """Return the counts of February 2025 in these cells."""
    return event(COUNTS, {"month": "2025-02", "revision": 1, "cells": list(cells), **changes})


def written(value: Any) -> bytes:
    """Return JSON bytes."""
    return json.dumps(value, ensure_ascii=False).encode()


def spoilt(old: str, new: str) -> bytes:
    """Return a good move with a piece of its text replaced: for what no JSON writer would write."""
    text = written(move()).decode()
    if text.count(old) != 1:
        raise ValueError(f"{old!r} is not there once")
    return text.replace(old, new).encode()
