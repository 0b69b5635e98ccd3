"""The families of tests of a month: every kind, every quartier with a verdict, each family its budget of false alarms.

The first family tests all that has a verdict; the second, once the month is settled, what had none for want of
coverage (`wanting`), and nothing else: each quartier and kind is tested at most once a month.

Invariant: pure; the same inputs give the same figures. Where there is no verdict there is no test and no signal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from schemas.alerts.kinds import KINDS, Kind, kind_of
from streams.alerts.inputs import OPTIONS, PERIODS, Inputs
from streams.detection.families import Level, Rules, floors, levels
from streams.detection.pooled import Evidence, pooled
from streams.detection.scan import Cluster, Zone, explained, scan, uploads
from streams.detection.verdicts import Bools, Floats, Verdict

VERSION = "pooled-1"
"""Of the detector: another one may give other figures on the same inputs."""
RULES = Rules()
Wanting = frozenset[tuple[str, str]]
"""Kinds and codes of quartiers."""
_WANTING = (Verdict.COVERAGE_BELOW_HALF, Verdict.COVERAGE_MISSING)


@dataclass(frozen=True)
class Signal:
    """One test that says something: `series` numbers the quartier of the inputs; counts in moves, coverage 0 to 1.

    `bound`: the count beyond which p falls under `watch`; `single` and `summed`: chances of the month and of the
    quarter that ends with it, NaN where there is no quarter.
    """

    kind: str
    series: int
    level: Level
    count: float
    expected: float
    bound: float
    p: float
    q: float
    single: float
    summed: float
    coverage: float
    dispersion: float

    @property
    def ratio(self) -> float:
        """What was seen over what was expected."""
        return self.count / self.expected


@dataclass(frozen=True)
class Family:
    """The tests of a month: how many, the greatest p-value that makes an alert (0: none), and what they say.

    `untested`: quartiers without verdict on their departures, by reason; `seen`: those with one. `uploads`: landlords
    whose excess of departures is an upload's; quartiers that would raise nothing without them raise nothing.
    """

    tests: int
    cut: float
    signals: tuple[Signal, ...]
    untested: Mapping[str, int]
    seen: frozenset[str]
    uploads: tuple[Cluster, ...]


def wanting(inputs: Inputs) -> Wanting:
    """Return what has no verdict for want of coverage: what the second family of the month is to test."""
    found = set()
    for kind in KINDS:
        verdicts = evidence(inputs, kind).tested.verdict[:, 0]
        found |= {(kind.code, inputs.codes[series]) for series in np.flatnonzero(np.isin(verdicts, _WANTING)).tolist()}
    return frozenset(found)


def hold(inputs: Inputs, only: Wanting | None = None) -> Family:
    """Test the last month of the inputs: all of it, or the kinds and quartiers `only`."""
    found = {kind: evidence(inputs, kind) for kind in KINDS}
    asked = np.array([[only is None or (kind.code, code) in only for code in inputs.codes] for kind in KINDS])
    p = np.where(asked, np.stack([one.tested.p_value[:, 0] for one in found.values()]), np.nan)
    level, q = levels(
        p,
        np.stack([inputs.counts[kind.measure][:, -1] for kind in KINDS]),
        np.stack([one.tested.expected[:, 0] for one in found.values()]),
        inputs.coverage[:, -1],
        RULES,
        np.array([[kind.downward] for kind in KINDS]),
    )
    alerting = p[q <= RULES.discovery]
    suspects, quiet = _uploads(inputs, found[KINDS[0]], asked[0])
    signals = []
    for row, (kind, one) in enumerate(found.items()):
        for series in np.flatnonzero(level[row] >= Level.WATCH).tolist():
            if kind is not KINDS[0] or not quiet[series]:
                reached = Level(int(level[row, series]))
                signals.append(_signal(inputs, kind, one, series, reached, float(q[row, series])))
    verdicts = found[KINDS[0]].tested.verdict[asked[0], 0]
    untested = {
        Verdict(value).code: int((verdicts == value).sum()) for value in np.unique(verdicts) if value >= Verdict.NO_DATA
    }
    return Family(
        tests=int(np.isfinite(p).sum()),
        cut=float(alerting.max(initial=0.0)),
        signals=tuple(signals),
        untested=untested,
        seen=frozenset(inputs.codes[series] for series in np.flatnonzero(np.isfinite(p[0])).tolist()),
        uploads=tuple(suspects),
    )


def again(inputs: Inputs, kind: str, code: str) -> Signal | None:
    """Test one quartier once more, alone: its level is not decided here. None where there is no verdict (any more)."""
    if code not in inputs.codes:
        return None
    wanted = kind_of(kind)
    found, series = evidence(inputs, wanted), inputs.codes.index(code)
    if not found.tested.given[series, 0]:
        return None
    return _signal(inputs, wanted, found, series, Level.NONE, float("nan"))


def stands(signal: Signal, level: Level, cut: float) -> bool:
    """Return whether a signal still holds at the level at which it was raised, by its family's own limit."""
    if level == Level.ALERT:
        count, expected, coverage = np.array([[signal.count], [signal.expected], [signal.coverage]])
        downward = np.array([kind_of(signal.kind).downward])
        return bool(signal.p <= cut and floors(count, expected, coverage, RULES, downward)[0])
    return bool(signal.p < RULES.watch)


def evidence(inputs: Inputs, kind: Kind) -> Evidence:
    """Return the detector's findings on the last month, arrays (series, 1); worked out once for the same inputs."""
    if kind.code not in inputs.found:
        options = replace(OPTIONS, downward=kind.downward, alpha=RULES.watch)
        tested = np.array([PERIODS - 1])
        inputs.found[kind.code] = pooled(inputs.panel(kind.measure), inputs.calendar, options, tested)
    return inputs.found[kind.code]


def _signal(inputs: Inputs, kind: Kind, found: Evidence, series: int, level: Level, q: float) -> Signal:
    tested = found.tested
    return Signal(
        kind=kind.code,
        series=series,
        level=level,
        count=float(inputs.counts[kind.measure][series, -1]),
        expected=float(tested.expected[series, 0]),
        bound=float(tested.upper[series, 0]),
        p=float(tested.p_value[series, 0]),
        q=q,
        single=float(found.single[series, 0]),
        summed=float(found.summed[series, 0]),
        coverage=float(inputs.coverage[series, -1]),
        dispersion=float(found.dispersion[0]),
    )


def cell_expectations(inputs: Inputs, expected: Floats) -> Floats:
    """Return what is expected of each landlord's part of a quartier: its share of the dwellings declared there."""
    cells = inputs.cells
    whole = np.bincount(cells.quartier, cells.dwellings, len(inputs.codes))
    share: Floats = expected[cells.quartier] * cells.dwellings / whole[cells.quartier]
    return share


def _uploads(inputs: Inputs, found: Evidence, asked: Bools) -> tuple[list[Cluster], Bools]:
    """Return the landlords whose departures are in excess almost everywhere in the quartiers asked, and the quartiers
    that they explain.
    """
    nothing = np.zeros(len(inputs.codes), dtype=bool)
    cells, dispersion = inputs.cells, float(found.dispersion[0])
    if not len(cells.quartier) or not np.isfinite(dispersion):
        return [], nothing
    expected = cell_expectations(inputs, np.where(asked, found.tested.expected[:, 0], np.nan))
    # The same month, the same draws: what was found can be found again.
    rng = np.random.default_rng(inputs.month.toordinal())
    clusters = scan(cells.count, expected, zones(inputs), max(dispersion, 1.0), rng)
    suspects = uploads(cells.count, expected, clusters)
    if not suspects:
        return [], nothing
    variance = expected * max(dispersion, 1.0)
    quiet = explained(cells.quartier, cells.count, expected, variance, suspects, RULES.watch)
    nothing[: len(quiet)] = quiet
    return suspects, nothing


def zones(inputs: Inputs) -> list[Zone]:
    """Return the zones of the scan: each landlord, commune and EPCI, with the cells that lie in it."""
    found: dict[tuple[str, str], list[int]] = {}
    for cell, (series, landlord) in enumerate(zip(inputs.cells.quartier, inputs.cells.landlord, strict=True)):
        found.setdefault(("landlord", landlord), []).append(cell)
        for kind, places in (("commune", inputs.communes[series]), ("epci", inputs.epcis[series])):
            for place in places:
                found.setdefault((kind, place), []).append(cell)
    return [Zone(kind, name, np.array(cells)) for (kind, name), cells in sorted(found.items())]
