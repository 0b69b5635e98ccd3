"""Messages to read: good ones to spoil, and what every refusal must hold."""

import json
import re
from typing import Any

from schemas.events.reading import Problem

SIREN = "123456789"
MOVE_IN = "fr.data-quartiers.tenancy.move-in.v1"
STOCK = "fr.data-quartiers.stock.v1"
DECLARATION = "fr.data-quartiers.declaration.v1"
ENGLISH = re.compile(r"\b(should|input|valid|invalid|the|must|value|expected|error|field)\b", re.IGNORECASE)


def envelope(data: Any, **changes: Any) -> dict[str, Any]:
    """Return a move-out with this data; `changes` are fields of the envelope."""
    return {
        "specversion": "1.0",
        "id": "0b8f6f0e",
        "source": f"urn:siren:{SIREN}",
        "type": "fr.data-quartiers.tenancy.move-out.v1",
        "time": "2026-03-09T08:12:44Z",
        "datacontenttype": "application/json",
        "data": data,
        **changes,
    }


def move(**changes: Any) -> dict[str, Any]:
    """Return a valid move-out."""
    return envelope(
        {
            "move_id": "5d0c1a52-0000-4000-8000-000000000001",
            "revision": 1,
            "status": "effective",
            "effective_on": "2026-02-27",
            "dwelling": "91aa0000-0000-4000-8000-000000000001",
            "commune": "31555",
            "qpv_2024": "QN03107M",
            "reason": "mutation_interne",
            **changes,
        }
    )


def stock(*cells: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a valid stock of these cells."""
    return envelope({"stock_on": "2026-01-01", "revision": 1, "cells": list(cells), **changes}, type=STOCK)


def declaration(**changes: Any) -> dict[str, Any]:
    """Return a valid declaration."""
    data = {"complete_through": "2026-02-28", "scope": "whole_stock", "revision": 1, **changes}
    return envelope(data, type=DECLARATION)


def written(value: Any) -> bytes:
    """Return JSON bytes."""
    return json.dumps(value, ensure_ascii=False).encode()


def spoilt(old: str, new: str) -> bytes:
    """Return a valid move with a piece of its text replaced: for what no JSON writer would write."""
    text = written(move()).decode()
    assert text.count(old) == 1
    return text.replace(old, new).encode("utf-8", "surrogatepass")


def assert_speaks_french(problem: Problem) -> None:
    """A clerk can read it: some text, and no word of the validator's own English."""
    assert problem.message_fr.strip()
    assert not ENGLISH.search(problem.message_fr), problem.message_fr
