"""Counts instead of rows, for a landlord whose data protection officer lets no row leave: moves by month and place.

Invariant: the counts of a month add up to its effective moves, by place, direction and nature class. Territory,
month, direction and class are never coarsened; a reason of fewer than `k` moves is joined with others of its class.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from producers.extract.records import Direction, MoveRecord
from producers.location.place import Location
from schemas.codes import Code, code_list

REASONS = {"out": "departure_reason", "in": "arrival_nature"}
ANY_OF_CLASS = {"ordinary": "autre", "relogement": "relogement_autre"}
"""The reason that stands for a class where its list has several."""


class Cell(NamedTuple):
    """Where, and which way."""

    location: Location
    direction: Direction


def standing_for(direction: Direction, reason: str) -> str:
    """Return the reason under which moves of this one's class are joined."""
    codes: dict[str, Code] = code_list(REASONS[direction])
    nature = codes[reason].nature_class
    joined = ANY_OF_CLASS.get(nature)
    return joined if joined in codes else next(code for code, one in codes.items() if one.nature_class == nature)


def counts_by_month(moves: Iterable[tuple[MoveRecord, Location]], k: int) -> dict[str, list[dict[str, Any]]]:
    """Return the cells of `counts.v1` by month (YYYY-MM), of the effective moves that are moves, in a stable order."""
    found: dict[str, dict[Cell, Counter[str]]] = {}
    for record, location in moves:
        code = code_list(REASONS[record.direction])[record.reason]
        if record.status != "effective" or code.nature_class == "out_of_scope":
            continue
        reason = standing_for(record.direction, record.reason) if code.sensitive else record.reason
        # How a dwelling was located is nobody's count.
        place = Location(
            *(location.commune, location.qpv_2024, location.qpv_2015, location.qpv_status), "unknown", "unknown"
        )
        month = found.setdefault(f"{record.effective_on:%Y-%m}", {})
        month.setdefault(Cell(place, record.direction), Counter())[reason] += 1
    return {month: _cells(found[month], k) for month in sorted(found)}


def _cells(month: dict[Cell, Counter[str]], k: int) -> list[dict[str, Any]]:
    cells = []
    for cell, reasons in month.items():
        joined: Counter[str] = Counter()
        for reason, n in reasons.items():
            joined[reason if n >= k else standing_for(cell.direction, reason)] += n
        for reason, n in joined.items():
            cells.append(_place(cell.location) | {"direction": cell.direction, "reason": reason, "count": n})
    return sorted(cells, key=lambda one: [str(value) for value in one.values()])


def _place(location: Location) -> dict[str, Any]:
    return {
        "commune": location.commune,
        "qpv_2024": location.qpv_2024,
        "qpv_2015": location.qpv_2015,
        "qpv_status": location.qpv_status,
    }
