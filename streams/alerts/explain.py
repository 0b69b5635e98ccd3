"""Why an alert was raised: what its detectors were given, and its figures computed again from that.

Invariant: `Explained.equal` compares to the digit; a difference means another version of the detector, or a defect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import psycopg

from schemas.alerts.kinds import kind_of
from streams.alerts.evidence import told
from streams.alerts.family import again
from streams.alerts.inputs import PERIODS, Inputs, unpacked
from streams.alerts.register import read_steps
from streams.publication.base import first_day, number

SHOWN_MONTHS = 24
_ALERT = """
SELECT kind, alert.month, alert.level, state, territory.code, territory.name, alert.landlord, evidence, raised_on,
    changed_on, version, inputs
FROM core.alert LEFT JOIN core.territory USING (territory_id) LEFT JOIN core.detection_run USING (run_id)
WHERE alert_id = %s
"""
_SAID = "SELECT said_at, said_by, verdict, reason FROM core.alert_feedback WHERE alert_id = %s ORDER BY said_at"
# Decided over the whole family, and no figure of the test itself.
_OF_THE_FAMILY = ("q",)


@dataclass(frozen=True)
class Month:
    """A month of the series: moves, the dwellings declared, the share of all dwellings that they are."""

    month: date
    count: float
    dwellings: float
    coverage: float


@dataclass(frozen=True)
class Explained:
    """An alert, its history, and of a quartier's its series and its figures computed again."""

    alert_id: int
    kind: str
    month: date
    level: str
    state: str
    code: str | None
    name: str | None
    landlord: str | None
    evidence: Mapping[str, Any]
    raised_on: date
    changed_on: date
    version: str | None
    series: tuple[Month, ...]
    recomputed: Mapping[str, Any] | None
    steps: tuple[tuple[int, date, str], ...]
    said: tuple[tuple[datetime, str, str, str | None], ...]

    @property
    def equal(self) -> bool | None:
        """Whether the figures are the same again, None where there is nothing to compute."""
        if self.recomputed is None:
            return None
        figures = self.evidence.keys() - set(_OF_THE_FAMILY)
        return all(self.evidence[name] == self.recomputed.get(name) for name in figures)


def explain(connection: psycopg.Connection[Any], alert_id: int) -> Explained:
    """Return all that is known of an alert. Raises LookupError if there is none of that number."""
    found = connection.execute(_ALERT, (alert_id,)).fetchone()
    if found is None:
        raise LookupError(f"no alert {alert_id}")
    kind, month, level, state, code, name, landlord, evidence, raised_on, changed_on, version, content = found
    series: tuple[Month, ...] = ()
    recomputed: Mapping[str, Any] | None = None
    if content is not None and code is not None:
        inputs = unpacked(bytes(content))
        series = _series(inputs, kind, code)
        signal = again(inputs, kind, code)
        recomputed = told(inputs, signal) if signal else {}
    return Explained(
        alert_id=alert_id,
        kind=kind,
        month=month,
        level=level,
        state=state,
        code=code,
        name=name,
        landlord=landlord,
        evidence=evidence,
        raised_on=raised_on,
        changed_on=changed_on,
        version=version,
        series=series,
        recomputed=recomputed,
        steps=read_steps(connection, alert_id),
        said=tuple(connection.execute(_SAID, (alert_id,)).fetchall()),
    )


def _series(inputs: Inputs, kind: str, code: str) -> tuple[Month, ...]:
    measure = kind_of(kind).measure
    row = inputs.codes.index(code)
    last = number(inputs.month)
    months = []
    for period in range(PERIODS - SHOWN_MONTHS, PERIODS):
        count = inputs.counts[measure][row, period]
        if np.isfinite(count):
            dwellings, coverage = float(inputs.declared[row, period]), float(inputs.coverage[row, period])
            months.append(Month(first_day(last - (PERIODS - 1 - period)), float(count), dwellings, coverage))
    return tuple(months)
