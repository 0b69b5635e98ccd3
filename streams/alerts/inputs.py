"""All that the detectors of one month are given, read from the measures, and kept: an alert can be computed again.

Invariant: `Inputs` is a value; what is computed from it depends on nothing else, so that a kept one gives the same
figures to the digit.
"""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

import numpy as np
import psycopg

from schemas.alerts.kinds import MEASURES
from streams.detection.calendar import MONTHS, Calendar
from streams.detection.pooled import Evidence, Options, Panel
from streams.detection.verdicts import Floats, Ints
from streams.publication.base import first_day, number

OPTIONS = Options.of(MONTHS)
PERIODS = OPTIONS.window + OPTIONS.guard + 1
_DAYS = 365.25 / 12
# Relogements are decided by a programme, not by households: they are left out, as technical moves are.
_SERIES = """
SELECT code, month, departures - departures_rehoused, arrivals - arrivals_rehoused, notices, all_dwellings, dwellings
FROM core.observed_month JOIN core.territory USING (territory_id)
WHERE level = 'qpv_2024' AND part = 'all' AND month > %(first)s AND month <= %(last)s
ORDER BY code, month
"""
_CELLS = """
SELECT territory.code, covering.counted_for, sum(departures - departures_rehoused)::integer, sum(dwellings)::integer
FROM core.landlord_month AS covering
JOIN core.cell_month USING (landlord, month)
JOIN core.cell_territory USING (cell_id)
JOIN core.territory USING (territory_id)
WHERE month = %(last)s AND level = 'qpv_2024' AND (declared_qpv OR declared_whole)
GROUP BY 1, 2 HAVING sum(dwellings) > 0 ORDER BY 1, 2
"""
_ZONES = """
SELECT territory.code, commune, epci FROM core.territory
JOIN core.qpv_commune ON qpv = territory.code JOIN core.commune ON commune.code = commune
WHERE level = 'qpv_2024' ORDER BY 1, 2
"""


@dataclass(frozen=True)
class Cells:
    """The landlords' parts of quartiers in the tested month: arrays (cells,). `quartier` numbers the series."""

    quartier: Ints
    landlord: tuple[str, ...]
    count: Floats
    dwellings: Floats


@dataclass(frozen=True)
class Inputs:
    """Series of quartiers (series, PERIODS), the last month is the one tested; NaN where nothing is known.

    `counts` in moves, by measure; `dwellings` of all participating landlords, `declared` of those that declared the
    month; `communes`, `epcis`: those in which each quartier lies. `found`: what was worked out of them, by kind.
    """

    month: date
    codes: tuple[str, ...]
    counts: Mapping[str, Floats]
    dwellings: Floats
    declared: Floats
    cells: Cells
    communes: tuple[tuple[str, ...], ...]
    epcis: tuple[tuple[str, ...], ...]
    found: dict[str, Evidence] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def calendar(self) -> Calendar:
        """The months of the series."""
        return Calendar(PERIODS, MONTHS, first_season=(number(self.month) + 1 - PERIODS) % MONTHS)

    @property
    def coverage(self) -> Floats:
        """The share of dwellings declared, (series, periods)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            share: Floats = np.where(self.dwellings > 0, self.declared / self.dwellings, np.nan)
        return share

    def panel(self, measure: str) -> Panel:
        """Return the series of a measure."""
        return panel_of(self.counts[measure], self.dwellings, self.coverage, number(self.month))


def panel_of(counts: Floats, dwellings: Floats, coverage: Floats, last: int) -> Panel:
    """Return series (quartiers, months) that end with a month (its number) as a panel.

    Exposure is in dwellings, a month being as long as it is.
    """
    months = [first_day(last + place + 1 - counts.shape[1]) for place in range(counts.shape[1])]
    days = np.array([monthrange(month.year, month.month)[1] / _DAYS for month in months])
    return Panel(counts, dwellings * days, coverage)


def read_inputs(cursor: psycopg.Cursor[Any], month: date) -> Inputs:
    """Return what is known now of the quartiers, up to a month (its first day)."""
    asked = {"first": first_day(number(month) - PERIODS), "last": month}
    rows = cursor.execute(_SERIES, asked).fetchall()
    codes = tuple(sorted({row[0] for row in rows}))
    place = {code: number for number, code in enumerate(codes)}
    tables = np.full((len(MEASURES) + 2, len(codes), PERIODS), np.nan)
    for code, at, *values in rows:
        period = PERIODS - 1 - number(month) + number(at)
        tables[:, place[code], period] = [float(value) for value in values]
    cells = [row for row in cursor.execute(_CELLS, asked).fetchall() if row[0] in place]
    communes: dict[str, list[str]] = {code: [] for code in codes}
    epcis: dict[str, list[str]] = {code: [] for code in codes}
    for code, commune, epci in cursor.execute(_ZONES).fetchall():
        if code in place:
            communes[code].append(commune)
            epcis[code] += [epci] if epci and epci not in epcis[code] else []
    return Inputs(
        month=month,
        codes=codes,
        counts=dict(zip(MEASURES, tables, strict=False)),
        dwellings=tables[-2],
        declared=tables[-1],
        cells=Cells(
            quartier=np.array([place[code] for code, *_ in cells], dtype=np.int64),
            landlord=tuple(siren for _, siren, _, _ in cells),
            count=np.array([count for _, _, count, _ in cells], dtype=np.float64),
            dwellings=np.array([dwellings for *_, dwellings in cells], dtype=np.float64),
        ),
        communes=tuple(tuple(communes[code]) for code in codes),
        epcis=tuple(tuple(epcis[code]) for code in codes),
    )


def packed(inputs: Inputs) -> bytes:
    """Return the inputs as the bytes of an .npz file, compressed."""
    file = BytesIO()
    tables: dict[str, Any] = {f"counts_{measure}": values for measure, values in inputs.counts.items()}
    np.savez_compressed(
        file,
        month=np.array(inputs.month.isoformat()),
        codes=np.array(inputs.codes),
        dwellings=inputs.dwellings,
        declared=inputs.declared,
        cell_quartier=inputs.cells.quartier,
        cell_landlord=np.array(inputs.cells.landlord),
        cell_count=inputs.cells.count,
        cell_dwellings=inputs.cells.dwellings,
        communes=np.array([" ".join(one) for one in inputs.communes]),
        epcis=np.array([" ".join(one) for one in inputs.epcis]),
        **tables,
    )
    return file.getvalue()


def unpacked(content: bytes) -> Inputs:
    """Return the inputs of these bytes, equal to what was packed."""
    with np.load(BytesIO(content), allow_pickle=False) as kept:
        return Inputs(
            month=date.fromisoformat(str(kept["month"])),
            codes=tuple(str(code) for code in kept["codes"]),
            counts={measure: kept[f"counts_{measure}"] for measure in MEASURES},
            dwellings=kept["dwellings"],
            declared=kept["declared"],
            cells=Cells(
                quartier=kept["cell_quartier"],
                landlord=tuple(str(siren) for siren in kept["cell_landlord"]),
                count=kept["cell_count"],
                dwellings=kept["cell_dwellings"],
            ),
            communes=tuple(tuple(str(one).split()) for one in kept["communes"]),
            epcis=tuple(tuple(str(one).split()) for one in kept["epcis"]),
        )
