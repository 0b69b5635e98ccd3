"""Where a move or a stock's cell is: the place that it names, and on which side of the QPVs it counts."""

from typing import Any

Place = tuple[str, str | None, str | None, str]
"""Commune, QPV of 2024, QPV of 2015, and whether the dwelling is in a QPV of 2024 (`qpv_status`)."""


def place_of(data: dict[str, Any]) -> Place:
    """Return the place that a move or a stock's cell names. Without a status, no QPV means outside every QPV."""
    qpv_2024 = data.get("qpv_2024")
    status = data.get("qpv_status") or ("outside" if qpv_2024 is None else "inside")
    return data["commune"], qpv_2024, data.get("qpv_2015"), status


def inside_qpv(place: Place) -> bool | None:
    """Return whether a place is in a known QPV of 2024, hors QPV, or (None) not located to a quartier."""
    return True if place[1] is not None else False if place[3] == "outside" else None
