"""A family of tests of a month: every kind, every quartier with a verdict, one budget of false alarms.

Invariant: pure; the same inputs give the same figures. Where there is no verdict there is no test and no signal.
"""

from collections.abc import Collection, Mapping
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

    `seen`: quartiers with a verdict on their departures; `untested`: how many without, by reason; `awaited`: those of
    which too little is declared to be tested. `uploads`: landlords whose excess of departures is an upload's; quartiers
    that would raise nothing without them raise nothing.
    """

    tests: int
    cut: float
    signals: tuple[Signal, ...]
    seen: frozenset[str]
    untested: Mapping[str, int]
    awaited: tuple[str, ...]
    uploads: tuple[Cluster, ...]


def hold(inputs: Inputs, among: Collection[str] | None = None) -> Family:
    """Test the last month of the inputs: all quartiers, or those that an earlier family of the month awaited."""
    found = {kind: evidence(inputs, kind) for kind in KINDS}
    p = np.stack([one.tested.p_value[:, 0] for one in found.values()])
    if among is not None:
        p[:, [code not in among for code in inputs.codes]] = np.nan
    level, q = levels(
        p,
        np.stack([inputs.counts[kind.measure][:, -1] for kind in KINDS]),
        np.stack([one.tested.expected[:, 0] for one in found.values()]),
        inputs.coverage[:, -1],
        RULES,
        np.array([[kind.downward] for kind in KINDS]),
    )
    alerting = p[q <= RULES.discovery]
    suspects, quiet = _uploads(inputs, found[KINDS[0]])
    signals = []
    for row, (kind, one) in enumerate(found.items()):
        for series in np.flatnonzero(level[row] >= Level.WATCH).tolist():
            if kind is not KINDS[0] or not quiet[series]:
                reached = Level(int(level[row, series]))
                signals.append(_signal(inputs, kind, one, series, reached, float(q[row, series])))
    verdicts = found[KINDS[0]].tested.verdict[:, 0]
    untested = {
        Verdict(value).code: int((verdicts == value).sum()) for value in np.unique(verdicts) if value >= Verdict.NO_DATA
    }
    enough = inputs.coverage[:, -1] >= RULES.coverage
    return Family(
        tests=int(np.isfinite(p).sum()),
        cut=float(alerting.max(initial=0.0)),
        signals=tuple(signals),
        seen=frozenset(code for code, tested in zip(inputs.codes, np.isfinite(p[0]), strict=True) if tested),
        untested=untested,
        awaited=tuple(
            code
            for code, declared in zip(inputs.codes, enough, strict=True)
            if not declared and (among is None or code in among)
        ),
        # Of the month as a whole: an upload was said when its first family was held.
        uploads=tuple(suspects) if among is None else (),
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


def upload_of(inputs: Inputs, landlord: str) -> Cluster | None:
    """Return what makes a landlord's excess an upload's, None where there is no such thing (any more)."""
    suspects, _ = _uploads(inputs, evidence(inputs, KINDS[0]))
    return next((one for one in suspects if one.zone.name == landlord), None)


def expectations(inputs: Inputs) -> Mapping[str, Floats]:
    """Return what was expected of each quartier in the tested month, by measure; NaN where there is no verdict."""
    upward = {kind.measure: evidence(inputs, kind).tested for kind in KINDS if not kind.downward}
    return {measure: np.where(tested.given[:, 0], tested.expected[:, 0], np.nan) for measure, tested in upward.items()}


def _uploads(inputs: Inputs, found: Evidence) -> tuple[list[Cluster], Bools]:
    """Return the landlords whose departures are in excess almost everywhere, and the quartiers that they explain."""
    nothing = np.zeros(len(inputs.codes), dtype=bool)
    cells, dispersion = inputs.cells, float(found.dispersion[0])
    if not len(cells.quartier) or not np.isfinite(dispersion):
        return [], nothing
    expected = cell_expectations(inputs, found.tested.expected[:, 0])
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
