"""What is found of incidents that are put into a panel: how often, how late, and what share of the alerts is right."""

from dataclasses import dataclass, field, replace

import numpy as np

from streams.backtest.calm import Share, rules_of
from streams.backtest.detector import Detector, alerted, alerted_one_by_one
from streams.backtest.draws import SIZES, Drawn, by_size, counts, redrawn
from streams.detection.pooled import Panel
from streams.detection.verdicts import Bools, Floats, Ints

FACTORS, LENGTHS = (1.5, 2.0, 3.0), (1, 3)
ONE_IN = 100
"""Of series and periods, how many see an incident begin where precision is measured."""
ECHO = 2
"""So many periods later an incident is still in the sum that is tested."""


def struck(rng: np.random.Generator, drawn: Drawn, where: Bools, factor: float) -> Panel:
    """Return the panel with more events where `where` (series, periods): drawn from (factor - 1) times the expected."""
    more = counts(rng, np.where(where, (factor - 1) * drawn.mean, 0.0), drawn.phi[:, None])
    return replace(drawn.panel, counts=drawn.panel.counts + more)


@dataclass
class Caught:
    """Series in which an incident is found by p below alpha (`alarm`) and by the alert rule (`alert`), the former by
    what was expected a period; `delays`: periods from its beginning until it was first found, by how many.
    """

    factor: float
    length: int
    alarm: Share = field(default_factory=Share)
    alert: Share = field(default_factory=Share)
    sizes: dict[str, Share] = field(default_factory=lambda: {name: Share() for name in SIZES})
    delays: dict[int, int] = field(default_factory=dict)

    @property
    def mean_delay(self) -> float:
        """The mean delay in periods of those that were found, NaN if none was."""
        found = sum(self.delays.values())
        return sum(delay * n for delay, n in self.delays.items()) / found if found else float("nan")


def caught(
    rng: np.random.Generator, detector: Detector, drawn: Drawn, starts: Ints, factor: float, length: int, alpha: float
) -> Caught:
    """Return what is found of incidents that begin at each of `starts` in every series that has a verdict then.

    Each series is judged as if it were the only one: the model is of periods that have no incident, for it leaves the
    last ones out, and the alert rule's family is that of the others as they are.
    """
    found = Caught(factor, length)
    for start in starts.tolist():
        during = np.arange(start, start + length)
        where = np.zeros(drawn.mean.shape, dtype=bool)
        where[:, during] = drawn.mean[:, during] > 0
        panel = struck(rng, drawn, where, factor)
        before, judged = detector(drawn.panel, during).tested, detector(panel, during).tested
        among = np.any(judged.given, axis=1) & np.any(where, axis=1)
        with np.errstate(invalid="ignore"):
            hit = judged.p_value < alpha
        seen = np.any(hit, axis=1)
        found.alarm.add(seen, among)
        alert = alerted_one_by_one(panel, judged, before, during, rules_of(alpha))
        found.alert.add(np.any(alert, axis=1), among)
        for name, of_size in by_size(_mean_of(drawn.mean[:, during])).items():
            found.sizes[name].add(seen, among & of_size)
        for delay in hit[among & seen].argmax(axis=1).tolist():
            found.delays[delay] = found.delays.get(delay, 0) + 1
    return found


def _mean_of(expected: Floats) -> Floats:
    mean: Floats = expected.mean(axis=1)
    return mean


@dataclass
class Precision:
    """Of alerts in panels with rare incidents, how many are right; of incidents, how many raised an alert."""

    factor: float
    length: int
    right: Share = field(default_factory=Share)
    found: Share = field(default_factory=Share)


def add_precision(
    to: Precision, rng: np.random.Generator, detector: Detector, source: Drawn, tested: Ints, alpha: float
) -> None:
    """Count the alerts of one more panel, where one series and period in `ONE_IN` sees an incident begin.

    The counts are drawn anew from what is expected, so that any other alert is false. An alert is right in a period of
    the incident, or in one of the two after it: they are in the sum that is tested. Past incidents stay in the history.
    """
    drawn = redrawn(rng, source)
    begins = np.zeros(drawn.mean.shape, dtype=bool)
    begins[:, tested] = (rng.random((len(drawn.mean), len(tested))) < 1 / ONE_IN) & (drawn.mean[:, tested] > 0)
    during, near = _spread(begins, to.length), _spread(begins, to.length + ECHO)
    panel = struck(rng, drawn, during, to.factor)
    judged = detector(panel, tested).tested
    alert = np.zeros(drawn.mean.shape, dtype=bool)
    alert[:, tested] = alerted(panel, judged, tested, rules_of(alpha))
    to.right.add(near, alert)
    for series, start in zip(*np.nonzero(begins), strict=True):
        to.found.tests += 1
        to.found.hits += bool(alert[series, start : start + to.length + ECHO].any())


def _spread(begins: Bools, length: int) -> Bools:
    """Return the `length` periods from each beginning on."""
    found = begins.copy()
    for shift in range(1, length):
        found[:, shift:] |= begins[:, :-shift]
    return found
