"""The pooled detector: each count against its predictive distribution under the model of all series.

The model is that of `panel_model`, fitted anew for every tested period t to the `window` periods that end `guard`
periods before it: an incident that begins does not explain itself. Then, Y negative binomial of the predicted mean and
variance,

    p1 = P(Y_t >= y_t)        p3 = the same for the sum of the last `summed` periods        p = min(1, 2 min(p1, p3))

where the sum takes only periods that have a verdict of their own, and p = p1 where there is but one. Downward, the
chances are of at most y. Coverage belongs to the exposure: what has not been declared was not at risk. Below half of it
there is no verdict, which is not "no alarm".
"""

from dataclasses import dataclass

import numpy as np

from streams.detection import negative_binomial
from streams.detection.calendar import MONTHS, Calendar
from streams.detection.panel_model import History, Model, fit
from streams.detection.verdicts import Floats, Ints, Tested, Verdict, blank, enough_of_late

ENOUGH_COVERAGE = 0.5


@dataclass(frozen=True)
class Options:
    """`alpha`: an alarm is p below it. `window`, `guard`, `summed`, `history` in periods: how much is fitted, how much
    is left out before the tested period, how much is added up for p3, how much a series must have been seen.
    `reach`: seasons on either side that are estimated together. `outlying`, `slope_chance`: as for `panel_model.fit`.
    `recent`: so many events in so many periods, the tested one included, or no alarm. `downward`: test for unusually
    few.
    """

    alpha: float = 0.01
    window: int = 60
    guard: int = 2
    summed: int = 3
    history: int = 24
    reach: int = 0
    outlying: float = 2.58
    slope_chance: float = 0.05
    recent: tuple[int, int] = (0, 1)
    downward: bool = False

    @classmethod
    def of(cls, frequency: int, years: int = 5) -> "Options":
        """Return the options for months or weeks: so many years fitted, two needed, two months of guard."""
        months, window = frequency == MONTHS, years * frequency
        return cls(
            window=window, guard=2 if months else 9, history=min(2 * frequency, window), reach=0 if months else 2
        )


@dataclass(frozen=True)
class Panel:
    """Series side by side: arrays (series, periods), NaN where nothing is known.

    `counts` in events; `exposure` in any unit that is the same for all series; `coverage` from 0 to 1.
    """

    counts: Floats
    exposure: Floats
    coverage: Floats

    @classmethod
    def of(cls, counts: Floats, exposure: Floats | None = None, coverage: Floats | None = None) -> "Panel":
        """Return the panel; exposure and coverage are 1 where they are not given at all."""
        ones = np.ones_like(counts)
        return cls(counts, ones if exposure is None else exposure, ones if coverage is None else coverage)

    def usable(self) -> Ints:
        """Return NORMAL where a count can be tested or learnt from, else why not."""
        with np.errstate(invalid="ignore"):
            reasons = [
                (np.isnan(self.counts), Verdict.NO_DATA),
                (self.counts < 0, Verdict.NEGATIVE_COUNT),
                (~(self.exposure > 0), Verdict.EXPOSURE_ZERO),
                (np.isnan(self.coverage), Verdict.COVERAGE_MISSING),
                (self.coverage < ENOUGH_COVERAGE, Verdict.COVERAGE_BELOW_HALF),
            ]
        return np.select([where for where, _ in reasons], [int(why) for _, why in reasons], int(Verdict.NORMAL))


@dataclass(frozen=True)
class Evidence:
    """What the pooled detector found: arrays (series, tested), NaN where there is no verdict.

    `tested` as everywhere; `single` and `summed`, the chances p1 and p3, the latter NaN where there is nothing to add
    up; `mid`, P(Y > y) + P(Y = y) / 2 of the single period (or P(Y < y) + ...): even from 0 to 1 if the model is right;
    `dispersion` (tested,), the phi that all series share.
    """

    tested: Tested
    single: Floats
    summed: Floats
    mid: Floats
    dispersion: Floats


def pooled(panel: Panel, calendar: Calendar, options: Options, tested: Ints) -> Evidence:
    """Test some periods of every series. Raises ValueError for a `guard` shorter than what is added up."""
    if options.guard < options.summed - 1:
        raise ValueError("the sum must not take periods that the model was fitted to")
    shape = (len(panel.counts), len(tested))
    found = blank(shape, Verdict.TOO_LITTLE_HISTORY)
    single, summed, mid = (np.full(shape, np.nan) for _ in range(3))
    dispersion = np.full(len(tested), np.nan)
    usable = panel.usable()
    exposure = np.where(usable == Verdict.NORMAL, panel.exposure * panel.coverage, 0.0)
    for place, period in enumerate(tested.tolist()):
        found.verdict[:, place] = usable[:, period]
        first, end = max(0, period - options.guard - options.window), period - options.guard
        short = (exposure[:, max(first, 0) : max(end, 0)] > 0).sum(axis=1) < options.history
        found.verdict[short & (usable[:, period] == Verdict.NORMAL), place] = Verdict.TOO_LITTLE_HISTORY
        rows = np.flatnonzero(found.verdict[:, place] == Verdict.NORMAL)
        if not len(rows):
            continue
        seen = exposure[:, first:end]
        if not (panel.counts[:, first:end][seen > 0] > 0).any():
            found.verdict[rows, place] = Verdict.NO_EVENTS
            continue
        model = fit(
            History(
                count=panel.counts[:, first:end],
                exposure=seen,
                season=calendar.season[first:end],
                time=(calendar.time[first:end] - calendar.time[period]) / calendar.year,
                seasons=calendar.frequency,
                reach=options.reach,
            ),
            options.outlying,
            options.slope_chance,
        )
        dispersion[place] = model.common_dispersion
        _test(model, panel, exposure, calendar, options, period, place, rows, found, (single, summed, mid))
    return Evidence(found, single, summed, mid, dispersion)


def _test(
    model: Model,
    panel: Panel,
    exposure: Floats,
    calendar: Calendar,
    options: Options,
    period: int,
    place: int,
    rows: Ints,
    found: Tested,
    chances: tuple[Floats, Floats, Floats],
) -> None:
    """Fill in the results of some series at one period."""
    single, summed, mid = chances
    tail = negative_binomial.at_most if options.downward else negative_binomial.at_least
    y, mean, variance = _predicted(model, panel, exposure, calendar, np.array([period]))
    p1 = tail(y, mean, variance)
    several, mean3, variance3 = _predicted(
        model, panel, exposure, calendar, np.arange(max(0, period + 1 - options.summed), period + 1)
    )
    more = (exposure[:, max(0, period + 1 - options.summed) : period] > 0).any(axis=1)
    p3 = np.where(more, tail(several, mean3, variance3), np.nan)
    p = np.where(more, np.minimum(1.0, 2 * np.fmin(p1, p3)), p1)
    level = np.where(more, options.alpha / 2, options.alpha)
    bound = negative_binomial.lower_bound if options.downward else negative_binomial.upper_bound
    numbers = (
        (found.expected, mean),
        (found.upper, bound(level, mean, variance)),
        (found.p_value, p),
        (single, p1),
        (summed, p3),
        (mid, p1 - negative_binomial.exactly(y, mean, variance) / 2),
    )
    for target, values in numbers:
        target[rows, place] = values[rows]
    sound = np.isfinite(p[rows])
    few = ~enough_of_late(panel.counts, np.array([period]), options.recent)[rows, 0] & (not options.downward)
    found.verdict[rows, place] = np.select(
        [~sound, few, p[rows] < options.alpha],
        [Verdict.NO_CONVERGENCE, Verdict.TOO_FEW_EVENTS, Verdict.ALARM],
        Verdict.NORMAL,
    )
    for target, _ in numbers:
        target[rows[~sound], place] = np.nan
    found.upper[rows[few], place] = np.nan


def _predicted(
    model: Model, panel: Panel, exposure: Floats, calendar: Calendar, periods: Ints
) -> tuple[Floats, Floats, Floats]:
    """Return the counts of a few periods, added up where they have an exposure, and their mean and variance."""
    at_risk = exposure[:, periods]
    mean, variance = model.predict(
        at_risk, calendar.season[periods], (calendar.time[periods] - calendar.time[periods[-1]]) / calendar.year
    )
    return np.where(at_risk > 0, panel.counts[:, periods], 0.0).sum(axis=1), mean, variance
