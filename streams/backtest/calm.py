"""How often a detector speaks, and how its chances are distributed: what is false alarms where nothing happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from streams.backtest.detector import Detector, Judged, alerted
from streams.backtest.draws import SIZES, by_size
from streams.detection.families import Rules
from streams.detection.pooled import Panel
from streams.detection.verdicts import Bools, Ints, Verdict

BINS = 10
COVERAGES = {"whole": (0.9999, 1.01), "0.8 to 1": (0.8, 0.9999), "0.6 to 0.8": (0.6, 0.8), "0.5 to 0.6": (0.5, 0.6)}
"""Shares of the exposure that are declared; below a half there is no verdict."""


@dataclass
class Share:
    """So many hits in so many tests."""

    hits: int = 0
    tests: int = 0

    def add(self, hit: Bools, among: Bools) -> None:
        """Count more."""
        self.hits += int((hit & among).sum())
        self.tests += int(among.sum())

    @property
    def percent(self) -> float:
        """The share in percent, NaN of nothing."""
        return 100 * self.hits / self.tests if self.tests else float("nan")


def _shares(names: Mapping[str, object]) -> dict[str, Share]:
    return {name: Share() for name in names}


@dataclass
class Calm:
    """Alarms (p below `alpha`), alerts by the alert rule, and mid-p values in tenths from 0 to 1; by size of what is
    expected and by coverage. `reasons`: tests without verdict, by reason. Several panels may be added up.
    """

    alpha: float
    alarms: Share = field(default_factory=Share)
    sizes: dict[str, Share] = field(default_factory=lambda: _shares(SIZES))
    coverages: dict[str, Share] = field(default_factory=lambda: _shares(COVERAGES))
    histograms: dict[str, Ints] = field(
        default_factory=lambda: {name: np.zeros(BINS, dtype=np.int64) for name in SIZES}
    )
    reasons: dict[str, int] = field(default_factory=dict)
    alerts: int = 0
    periods: int = 0

    @property
    def alerts_a_period(self) -> float:
        """Alerts of all series in one period, NaN of nothing."""
        return self.alerts / self.periods if self.periods else float("nan")

    def add(self, panel: Panel, judged: Judged, tested: Ints) -> None:
        """Count what was found in a panel."""
        found = judged.tested
        given = found.given
        with np.errstate(invalid="ignore"):
            hit = found.p_value < self.alpha
        self.alarms.add(hit, given)
        for name, where in by_size(found.expected).items():
            self.sizes[name].add(hit, given & where)
            mid = judged.mid[given & where]
            self.histograms[name] += np.histogram(mid[np.isfinite(mid)], BINS, (0, 1))[0]
        coverage = panel.coverage[:, tested]
        for name, (low, high) in COVERAGES.items():
            with np.errstate(invalid="ignore"):
                self.coverages[name].add(hit, given & (coverage >= low) & (coverage < high))
        for verdict, number in zip(*np.unique(found.verdict[~given], return_counts=True), strict=True):
            code = Verdict(int(verdict)).code
            self.reasons[code] = self.reasons.get(code, 0) + int(number)
        self.alerts += int(alerted(panel, found, tested, rules_of(self.alpha)).sum())
        self.periods += int(given.any(axis=0).sum())


def rules_of(alpha: float) -> Rules:
    """Return the alert rule whose first limit is that of the alarms."""
    return Rules(watch=alpha)


def calm(detector: Detector, panel: Panel, tested: Ints, alpha: float) -> tuple[Calm, Judged]:
    """Return how often a detector speaks in a panel, and all that it found."""
    judged = detector(panel, tested)
    found = Calm(alpha)
    found.add(panel, judged, tested)
    return found, judged
