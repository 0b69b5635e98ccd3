"""The evidence of an alert as it is kept: its figures, its landlords, its neighbours, and its sentence.

Invariant: all of it is computed from the inputs of its month; what is not known is null.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from schemas.alerts.kinds import UPLOAD, kind_of
from schemas.alerts.wording import of_declarations, of_quartier, size
from streams.alerts.family import VERSION, Signal, cell_expectations, evidence
from streams.alerts.inputs import Inputs
from streams.detection.scan import Cluster


def told(inputs: Inputs, signal: Signal) -> dict[str, Any]:
    """Return the evidence of a signal as it is kept: its figures, its landlords, its neighbours, its sentence."""
    figures = {name: _number(value) for name, value in asdict(signal).items() if isinstance(value, float)}
    return figures | {
        "ratio": _number(signal.ratio),
        "size_fr": size(signal.ratio),
        "version": VERSION,
        "landlords": _landlords(inputs, signal),
        "neighbours": _neighbours(inputs, signal),
        "message_fr": of_quartier(signal.kind, signal.ratio),
    }


def _number(value: float) -> float | None:
    """Return a number as JSON has it: what is not known is null."""
    return value if math.isfinite(value) else None


def _landlords(inputs: Inputs, signal: Signal) -> list[Mapping[str, Any]]:
    """Return, for departures, what each landlord of the quartier had and what was expected of its dwellings."""
    if kind_of(signal.kind).measure != "departures":
        return []
    expected = np.full(len(inputs.codes), np.nan)
    expected[signal.series] = signal.expected
    of_cells = cell_expectations(inputs, expected)
    return [
        {
            "landlord": inputs.cells.landlord[cell],
            "count": float(inputs.cells.count[cell]),
            "expected": float(of_cells[cell]),
        }
        for cell in np.flatnonzero(inputs.cells.quartier == signal.series).tolist()
    ]


def _neighbours(inputs: Inputs, signal: Signal) -> list[Mapping[str, Any]]:
    """Return what the same test found of the other quartiers of its communes."""
    kind = kind_of(signal.kind)
    here = set(inputs.communes[signal.series])
    tested = evidence(inputs, kind).tested
    return [
        {"code": inputs.codes[series], "ratio": float(inputs.counts[kind.measure][series, -1] / expected)}
        for series in range(len(inputs.codes))
        if series != signal.series and here & set(inputs.communes[series])
        for expected in tested.expected[series].tolist()
        if tested.given[series, 0] and expected > 0
    ]


def of_upload(inputs: Inputs, found: Cluster) -> dict[str, Any]:
    """Return the evidence of a landlord's excess in almost all of its quartiers."""
    quartiers = sorted({inputs.codes[inputs.cells.quartier[cell]] for cell in found.zone.cells.tolist()})
    details = f"{len(quartiers)} quartiers, {found.events / found.expected:.1f} fois l'attendu".replace(".", ",")
    return {
        "count": found.events,
        "expected": found.expected,
        "p": found.p_value,
        "quartiers": quartiers,
        "version": VERSION,
        "message_fr": of_declarations(UPLOAD, details),
    }
