"""What is measured of a detector: false alarms where nothing happens, detection where something does."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.detection.noufaily import TESTED, WEEKS, scenarios
from benchmarks.detection.panels import FIRST_TESTED, MONTHS, Truth, draw, with_incident
from streams.backtest.detector import alerted, alerted_one_by_one
from streams.backtest.draws import by_size
from streams.detection import farrington as by_series
from streams.detection import negative_binomial
from streams.detection.calendar import Calendar
from streams.detection.families import Rules
from streams.detection.farrington import farrington
from streams.detection.pooled import Evidence, Options, pooled
from streams.detection.verdicts import Bools, Floats, Ints

MONTHLY = Calendar(MONTHS, 12)
POOLED = Options.of(12)
FARRINGTON = by_series.Options(alpha=0.01, half_window=1, threshold="nbPlugin", recent=(0, 1))
INCIDENT = 72
"""The first month of an incident."""
BINS = 10
LARGE = 5
"""Expected events from which the mid-p of a discrete count can be even."""
DISCOVERIES = (0.1, 0.2, 0.3)
"""Rates of false discovery tried for the alert rule; the first is the rule's."""
YEARS_OF_THE_RULE = 3


def evidence(truth: Truth, tested: Ints) -> Evidence:
    """Return what the pooled detector says."""
    return pooled(truth.panel, MONTHLY, POOLED, tested)


def p_pooled(truth: Truth, tested: Ints) -> Floats:
    """Return the pooled detector's p-values."""
    return evidence(truth, tested).tested.p_value


def p_farrington(truth: Truth, tested: Ints) -> Floats:
    """Return those of each series by itself, with the same exposure."""
    at_risk = truth.panel.exposure * truth.panel.coverage
    return farrington(truth.panel.counts, at_risk, MONTHLY, FARRINGTON, tested).p_value


def p_known(truth: Truth, tested: Ints) -> Floats:
    """Return those of whoever knows the true mean and dispersion: nobody can do better with the same sums."""
    y, mean = truth.panel.counts, truth.mean
    p1 = negative_binomial.at_least(y, mean, truth.phi * mean)
    total, mean3 = (np.apply_along_axis(np.convolve, 1, one, np.ones(3))[:, :MONTHS] for one in (y, mean))
    p3 = negative_binomial.at_least(total, mean3, truth.phi * mean3)
    p: Floats = np.minimum(1.0, 2 * np.minimum(p1, p3))
    return p[:, tested]


@dataclass
class Calm:
    """Panels in which nothing happens: shares of tests, and alerts a month."""

    tests: int = 0
    at: dict[float, int] = field(default_factory=lambda: defaultdict(int))
    sizes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    histogram: Ints = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    of_large: Ints = field(default_factory=lambda: np.zeros(BINS, dtype=np.int64))
    alerts: dict[float, int] = field(default_factory=lambda: defaultdict(int))
    months: int = 0
    naive: list[int] = field(default_factory=lambda: [0, 0])
    phi: list[float] = field(default_factory=list)

    def share(self, level: float) -> float:
        """Return the share of tests of which the p-value is below a level, in percent."""
        return 100 * self.at[level] / self.tests

    def add(self, truth: Truth) -> None:
        """Count one panel."""
        tested = np.arange(FIRST_TESTED, MONTHS)
        found = evidence(truth, tested)
        p, given = found.tested.p_value, found.tested.given
        self.tests += int(given.sum())
        for level in (0.01, 0.002):
            self.at[level] += int((p[given] < level).sum())
        for name, where in by_size(truth.mean[:, tested]).items():
            self.sizes[name][0] += int((p[given & where] < 0.01).sum())
            self.sizes[name][1] += int((given & where).sum())
        self.histogram += np.histogram(found.mid[given], BINS, (0, 1))[0]
        self.of_large += np.histogram(found.mid[given & (truth.mean[:, tested] >= LARGE)], BINS, (0, 1))[0]
        for rate in DISCOVERIES:
            self.alerts[rate] += int(alerted(truth.panel, found.tested, tested, Rules(discovery=rate)).sum())
        self.months += len(tested)
        self.phi += found.dispersion.tolist()
        y, back = truth.panel.counts, 12 * YEARS_OF_THE_RULE
        usual = np.stack([y[:, month - back : month].mean(axis=1) for month in tested.tolist()], axis=1)
        self.naive[0] += int((y[:, tested] > 1.5 * usual).sum())
        self.naive[1] += usual.size


def calm(place: tuple[Floats, Floats], phi: float, coverage: float, *, steps: bool, seeds: list[int]) -> Calm:
    """Return what is found where nothing happens."""
    found = Calm()
    for seed in seeds:
        found.add(draw(np.random.default_rng(seed), *place, phi, coverage, steps=steps))
    return found


@dataclass(frozen=True)
class Caught:
    """Shares of series, in percent, in which a month of the incident is found: at .01, at .002, by the alert rule
    at each of `DISCOVERIES`, and at .01 by whoever knows the truth; at .01 by expected count.
    """

    at_01: float
    at_002: float
    alerts: list[float]
    known: float
    sizes: dict[str, float]


def caught(place: tuple[Floats, Floats], phi: float, factor: float, months: int, seeds: list[int]) -> Caught:
    """Return how often an incident is found, one quartier at a time standing for all of them.

    Every series has the incident, but is tested against a model of months that have none. The alert rule sees one
    incident at a time: its family is that of the calm panel with the one series exchanged.
    """
    tested = np.arange(INCIDENT, INCIDENT + months)
    rows: dict[str, list[Bools]] = defaultdict(list)
    expected: list[Floats] = []
    for seed in seeds:
        rng = np.random.default_rng([seed, months, int(10 * factor)])
        quiet = draw(rng, *place, phi)
        struck = with_incident(rng, quiet, INCIDENT, months, factor)
        before, found = evidence(quiet, tested), evidence(struck, tested)
        p = found.tested.p_value
        rows["01"].append(np.any(p < 0.01, axis=1))
        rows["002"].append(np.any(p < 0.002, axis=1))
        rows["known"].append(np.any(p_known(struck, tested) < 0.01, axis=1))
        for rate in DISCOVERIES:
            alert = alerted_one_by_one(struck.panel, found.tested, before.tested, tested, Rules(discovery=rate))
            rows[f"alert {rate}"].append(np.any(alert, axis=1))
        expected.append(quiet.mean[:, tested].mean(axis=1))
    shares = {name: 100 * float(np.concatenate(values).mean()) for name, values in rows.items()}
    hit, mean = np.concatenate(rows["01"]), np.concatenate(expected)
    sizes = {name: 100 * float(np.mean(hit, where=where)) for name, where in by_size(mean).items() if where.any()}
    return Caught(
        shares["01"], shares["002"], [shares[f"alert {rate}"] for rate in DISCOVERIES], shares["known"], sizes
    )


def curve(
    place: tuple[Floats, Floats], phi: float, factor: float, seeds: list[int], budgets: list[float]
) -> dict[str, list[float]]:
    """Return, by detector, the share of series in which three months of an incident are found, in percent, with the
    threshold on p at which the same detector has each of these shares of false alarms (percent) in calm panels.
    """
    tested = np.arange(62, MONTHS)
    during = np.arange(INCIDENT, INCIDENT + 3)
    detectors: dict[str, Callable[[Truth, Ints], Floats]] = {
        "pooled": p_pooled,
        "Farrington": p_farrington,
        "truth known": p_known,
    }
    quiet: dict[str, list[Floats]] = defaultdict(list)
    struck: dict[str, list[Floats]] = defaultdict(list)
    for seed in seeds:
        rng = np.random.default_rng([seed, 7])
        truth = draw(rng, *place, phi)
        incident = with_incident(rng, truth, INCIDENT, 3, factor)
        for name, detector in detectors.items():
            quiet[name].append(detector(truth, tested).ravel())
            struck[name].append(np.fmin.reduce(detector(incident, during), axis=1))
    found = {}
    for name in detectors:
        p, best = np.concatenate(quiet[name]), np.concatenate(struck[name])
        p = p[np.isfinite(p)]
        limits = [float(np.quantile(p, budget / 100, method="lower")) for budget in budgets]
        found[name] = [100 * float((best < limit).mean()) for limit in limits]
    return found


@dataclass(frozen=True)
class Weekly:
    """The 42 scenarios: false alarms and detection in percent, the latter also for small and large outbreaks, and the
    mean delay in weeks.
    """

    false_alarms: float
    detected: float
    small: float
    large: float
    delay: float
    without_verdict: int


def weekly(options: by_series.Options, seed: int, copies: int) -> Weekly:
    """Return what Farrington Flexible finds in the weeks tested."""
    found = list(scenarios(np.random.default_rng(seed), copies))
    counts = np.stack([one.cases for one in found])
    tested = np.arange(TESTED, WEEKS)
    answer = farrington(counts, None, Calendar(WEEKS, 52), options, tested)
    first, last = (np.array(values) for values in zip(*((one.first, one.last) for one in found), strict=True))
    during = (tested >= first[:, None]) & (tested <= last[:, None])
    calm_weeks = answer.given & ~during
    hit = answer.alarm & during
    detected = np.flatnonzero(hit.any(axis=1))
    size = np.array([one.size for one in found])
    delay = tested[hit[detected].argmax(axis=1)] - first[detected]
    return Weekly(
        100 * float(answer.alarm[calm_weeks].mean()),
        100 * len(detected) / len(found),
        100 * float(hit[size <= 3].any(axis=1).mean()),
        100 * float(hit[size >= 5].any(axis=1).mean()),
        float(delay.mean()),
        int((~answer.given).sum()),
    )


def country(rng: np.random.Generator) -> Truth:
    """Return a panel of 1,600 quartiers."""
    stock, rate = 540 * np.exp(0.8 * rng.standard_normal(1600)), 0.09 * rng.gamma(16, 1 / 16, 1600)
    return draw(rng, stock, rate, 1.3)
