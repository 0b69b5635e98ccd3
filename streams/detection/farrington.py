"""Farrington Flexible: each series by itself against the same season of its past years.

Sources: Farrington, Andrews, Beale and Catchpole, J. R. Statist. Soc. A 159 (1996) 547-563; Noufaily, Enki,
Farrington, Garthwaite, Andrews and Charlett, Statistics in Medicine 32 (2013) 1206-1222; `muan`: Salmon, Schumacher and
Höhle, Journal of Statistical Software 70 (2016) 10. Written from these; the tests compare every bound with what
`farringtonFlexible` of the R package surveillance answers.

For each period and series:
1. a quasi-Poisson regression of the reference counts: log mu = season + slope * time (+ log exposure),
   dispersion phi = max(1, Pearson's chi-square / degrees of freedom);
2. weights: past outbreaks, of standardised Anscombe residual s above `weights_threshold`, count s^-2, the others 1,
   scaled to add up to their number; then the regression again;
3. the slope stays only if there are three years or more, its p-value is below `trend_threshold` and the forecast does
   not exceed the greatest reference count; else everything again without slope;
4. the bound U of a one-sided interval of 1 - alpha, and an alarm if the count exceeds U.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from streams.detection.calendar import Calendar, References, references
from streams.detection.pooled import Panel
from streams.detection.quasipoisson import SMALLEST, Fit, Observations, fit, predict
from streams.detection.verdicts import Bools, Floats, Ints, Tested, Verdict, blank, enough_of_late

Threshold = Literal["delta", "nbPlugin", "muan"]
YEARS_FOR_A_TREND = 3
BATCH = 32_000
"""Observations fitted at a time: they stay in the processor's cache."""


@dataclass(frozen=True)
class Options:
    """The control of the method; names and defaults are those of R's `farringtonFlexible`, spelled out.

    `alpha`: one-sided; `years_back`: b; `half_window`: w, in periods; `seasons`: noPeriods; `not_included`:
    pastWeeksNotIncluded, `half_window` if None; `trend_threshold`: pThresholdTrend; `recent`: limit54, so many events
    in so many periods, the tested one included, or no alarm.
    """

    alpha: float = 0.05
    years_back: int = 5
    half_window: int = 3
    seasons: int = 1
    weights_threshold: float = 2.58
    not_included: int | None = None
    trend: bool = True
    trend_threshold: float = 0.05
    reweight: bool = True
    threshold: Threshold = "delta"
    recent: tuple[int, int] = (5, 4)

    def periods_left_out(self) -> int:
        """Return how many periods before the tested one are no reference."""
        return self.half_window if self.not_included is None else self.not_included


def farrington(counts: Floats, exposure: Floats | None, calendar: Calendar, options: Options, tested: Ints) -> Tested:
    """Test some periods of every series.

    `counts` (series, periods) in events, NaN where nothing is known, never negative; `exposure` of the same shape, in
    any unit, the offset of the regression, NaN or 0 where there is none; None for no offset. `tested`: periods.
    Returns arrays (series, tested). Raises ValueError if the windows of successive years overlap, or the rest of a
    year cannot be cut into so many seasons.
    """
    check(options, calendar.frequency)
    known = np.isfinite(counts) if exposure is None else np.isfinite(counts) & (exposure > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        offsets = np.zeros_like(counts) if exposure is None else np.log(np.where(known, exposure, 1.0))
    found = blank((len(counts), len(tested)), Verdict.TOO_LITTLE_HISTORY)
    cuts = {
        place: one
        for place, period in enumerate(tested.tolist())
        if (one := _references(calendar, period, options)) is not None and len(one.periods)
    }
    for first, places in _batches(cuts, len(counts)):
        _test(counts, offsets, known, calendar, options, tested, cuts, first, places, found)
    return found


def farrington_of_panel(panel: Panel, calendar: Calendar, options: Options, tested: Ints) -> Tested:
    """Test some periods of every series of a panel: what is not usable is unknown, exposure and coverage the offset.

    Raises as `farrington` does.
    """
    usable = panel.usable()
    counts = np.where(usable == Verdict.NORMAL, panel.counts, np.nan)
    found = farrington(counts, panel.exposure * panel.coverage, calendar, options, tested)
    unusable = usable[:, tested]
    return found._replace(verdict=np.where(unusable == Verdict.NORMAL, found.verdict, unusable))


def check(options: Options, frequency: int) -> None:
    """Raise ValueError if a year does not hold what the options ask for."""
    rest = frequency - 2 * options.half_window - 1
    if rest < 0:
        raise ValueError(f"two windows of {2 * options.half_window + 1} periods overlap in a year of {frequency}")
    if options.seasons - 1 > rest:
        raise ValueError(f"the {rest} periods that are left of a year cannot be cut into {options.seasons - 1} seasons")


def _references(calendar: Calendar, period: int, options: Options) -> References | None:
    return references(
        calendar, period, options.years_back, options.half_window, options.seasons, options.periods_left_out()
    )


def _batches(cuts: dict[int, References], series: int) -> list[tuple[slice, list[int]]]:
    """Return which series and which tested periods are fitted together."""
    if not cuts:
        return []
    longest = max(len(one.periods) for one in cuts.values())
    fits = max(1, BATCH // longest)
    places = list(cuts)
    if series >= fits:
        return [(slice(s, s + fits), [place]) for place in places for s in range(0, series, fits)]
    step = max(1, fits // series)
    return [(slice(0, series), places[p : p + step]) for p in range(0, len(places), step)]


def _test(
    counts: Floats,
    offsets: Floats,
    known: Bools,
    calendar: Calendar,
    options: Options,
    tested: Ints,
    cuts: dict[int, References],
    series: slice,
    places: list[int],
    found: Tested,
) -> None:
    """Fill in the results of some series and some tested periods."""
    now = tested[places]
    data = _observed(counts[series], offsets[series], known[series], calendar.time, [cuts[one] for one in places])
    shape = (len(counts[series]), len(places))
    observed, there = counts[series][:, now].ravel(), known[series][:, now].ravel()
    offset = offsets[series][:, now].ravel()
    verdict = _usable(data, options.seasons)
    fits = np.flatnonzero(verdict == Verdict.NORMAL)
    if len(fits):
        time = np.broadcast_to(calendar.time[now], shape).ravel()
        kept = _estimate(data.take(fits), time[fits], offset[fits], options)
        mean, upper, p_value = (np.full(len(verdict), np.nan) for _ in range(3))
        mean[fits] = kept.mean
        upper[fits], p_value[fits] = bound(kept, observed[fits], options)
        sound = (
            kept.converged & (kept.mean > 0) & np.isfinite(upper[fits]) & (np.isfinite(p_value[fits]) | ~there[fits])
        )
        verdict[fits] = np.where(sound, Verdict.NORMAL, Verdict.NO_CONVERGENCE)
        _decide(verdict, observed, upper, enough_of_late(counts[series], now, options.recent).ravel())
        # Events after years of none are a signal, as in R; none after years of none is nothing to judge by.
        verdict[(verdict < Verdict.NO_DATA) & (observed == 0) & ~(data.count > 0).any(axis=1)] = Verdict.NO_EVENTS
        told = (verdict < Verdict.NO_DATA) & there
        numbers = [np.where(told, values, np.nan) for values in (mean, upper, p_value)]
        for target, values in zip(found[:3], numbers, strict=True):
            target[series, places] = values.reshape(shape)
    verdict[~there] = Verdict.NO_DATA
    found.verdict[series, places] = verdict.reshape(shape)


def _observed(counts: Floats, offsets: Floats, known: Bools, time: Floats, cuts: list[References]) -> Observations:
    """Return the reference counts of every series for every tested period: fits are series, then periods."""
    longest = max(len(one.periods) for one in cuts)
    periods = np.zeros((len(cuts), longest), dtype=np.int64)
    season = np.zeros((len(cuts), longest), dtype=np.int64)
    used = np.zeros((len(cuts), longest), dtype=bool)
    for row, one in enumerate(cuts):
        periods[row, : len(one.periods)], season[row, : len(one.periods)] = one
        used[row, : len(one.periods)] = True
    fits = (len(counts) * len(cuts), longest)
    weight = (known[:, periods] & used).reshape(fits)
    return Observations(
        count=np.where(weight, counts[:, periods].reshape(fits), 0.0),
        time=np.broadcast_to(time[periods], (len(counts), *periods.shape)).reshape(fits),
        season=np.broadcast_to(season, (len(counts), *periods.shape)).reshape(fits),
        offset=offsets[:, periods].reshape(fits),
        weight=weight.astype(np.float64),
    )


def _usable(data: Observations, seasons: int) -> Ints:
    """Return NORMAL where a fit can be tried, else why not."""
    there = data.weight > 0
    own = (there & (data.season == seasons - 1)).any(axis=1)
    enough = (2 * there.sum(axis=1) >= there.shape[1]) & own
    return np.where(enough, int(Verdict.NORMAL), int(Verdict.TOO_LITTLE_HISTORY)).astype(np.int64)


@dataclass(frozen=True)
class Estimate:
    """What the references say of each tested count: its mean, in events, the variance of the logarithm of that mean,
    and the dispersion, 1 or more. Of what did not converge nothing is to be believed.
    """

    mean: Floats
    log_variance: Floats
    dispersion: Floats
    converged: Bools


def _estimate(data: Observations, time: Floats, offset: Floats, options: Options) -> Estimate:
    """Return the estimates, with a slope where it is worth one."""
    level, _ = _forecast(data, time, offset, options, sloped=False)
    if not options.trend or options.years_back < YEARS_FOR_A_TREND:
        return level
    sloped, slope_p = _forecast(data, time, offset, options, sloped=True)
    with np.errstate(invalid="ignore"):
        credible = sloped.mean <= np.where(data.weight > 0, data.count, 0.0).max(axis=1)
        keep = sloped.converged & (slope_p < options.trend_threshold) & credible
    return Estimate(*(np.where(keep, one, other) for one, other in zip(_columns(sloped), _columns(level), strict=True)))


def _columns(one: Estimate) -> tuple[Floats, Floats, Floats, Bools]:
    return one.mean, one.log_variance, one.dispersion, one.converged


def _forecast(
    data: Observations, time: Floats, offset: Floats, options: Options, *, sloped: bool
) -> tuple[Estimate, Floats]:
    """Fit, weigh past outbreaks down, fit again, and forecast the tested period; also the p-values of the slope.

    The reference implementation takes standard errors, once it has reweighted, from the dispersion of relative
    residuals, sum w ((y - mu) / mu)^2 / freedom, and not from phi: seen by running it, kept so that bounds are equal.
    """
    fitted = fit(data, options.seasons, sloped)
    converged = fitted.converged
    scale = fitted.dispersion
    if options.reweight:
        data = data.weighted(_weights(data, fitted, options.weights_threshold))
        fitted = fit(data, options.seasons, sloped)
        converged &= fitted.converged
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            scale = (data.weight * (data.count / fitted.mean - 1) ** 2).sum(axis=1) / fitted.freedom
    eta, variance = predict(fitted, options.seasons - 1, time, offset)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        mean = np.exp(eta) if options.threshold != "delta" else np.maximum(np.exp(eta), SMALLEST)
        estimate = Estimate(mean, variance * scale, np.fmax(fitted.dispersion, 1.0), converged)
        t = np.abs(fitted.slope) * np.sqrt(fitted.slope_information / scale)
    return estimate, 2 * stats.t.sf(t, fitted.freedom)


def _weights(data: Observations, fitted: Fit, threshold: float) -> Floats:
    """Return weights (fits, observations) that add up to the number of observations.

    s = 3/2 (y^(2/3) mu^(-1/6) - mu^(1/2)) / sqrt(phi (1 - h)), the standardised Anscombe residual; s^-2 above the
    threshold, else 1. Source: Farrington et al. 1996, 3.6; Noufaily et al. 2013, 3.4.
    """
    phi = np.fmax(fitted.dispersion, 1.0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        raw = 1.5 * (np.cbrt(data.count) ** 2 / np.sqrt(np.cbrt(fitted.mean)) - np.sqrt(fitted.mean))
        s = raw / np.sqrt(phi * (1 - fitted.leverage))
        weight = np.where(s > threshold, s**-2, 1.0)
    there = data.weight > 0
    weight = np.where(there & np.isfinite(weight), weight, 0.0)
    scaled: Floats = weight * (there.sum(axis=1) / weight.sum(axis=1))[:, None]
    return scaled


def bound(estimate: Estimate, observed: Floats, options: Options) -> tuple[Floats, Floats]:
    """Return the bound U and P(Y >= observed), both (fits,).

    delta: tau^2 = phi mu + Var(mu), U = mu (1 + 2/3 z tau / mu)^(3/2) (Farrington et al. 1996, 3.7; z one-sided);
    nbPlugin: the quantile of a negative binomial of mean mu and variance phi mu (Noufaily et al. 2013, 3.6);
    muan: the same, mu replaced by the upper bound exp(eta + z se) of its own estimate (Salmon et al. 2016, 2.3).
    """
    z = stats.norm.isf(options.alpha)
    mean, phi = estimate.mean, estimate.dispersion
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        deviation = np.sqrt(estimate.log_variance)
        if options.threshold == "delta":
            spread = np.sqrt(phi * mean + (mean * deviation) ** 2) / mean
            upper = mean * np.fmax(1 + 2 / 3 * z * spread, 0.0) ** 1.5
            return upper, stats.norm.sf(1.5 * ((observed / mean) ** (2 / 3) - 1) / spread)
        if options.threshold == "muan":
            mean = np.exp(np.log(mean) + z * deviation)
        size, poisson = mean / (phi - 1), phi <= 1
        held = np.where(poisson, 1.0, size)
        upper = np.where(
            poisson,
            stats.poisson.isf(options.alpha, mean),
            stats.nbinom.isf(options.alpha, held, 1 / np.fmax(phi, 1.0)),
        )
        p_value = np.where(
            poisson,
            stats.poisson.sf(observed - 1, mean),
            stats.nbinom.sf(observed - 1, held, 1 / np.fmax(phi, 1.0)),
        )
    return upper, p_value


def _decide(verdict: Ints, observed: Floats, upper: Floats, enough: Bools) -> None:
    """Turn NORMAL into what is said of the count."""
    tested = verdict == Verdict.NORMAL
    verdict[tested & ~enough] = Verdict.TOO_FEW_EVENTS
    upper[tested & ~enough] = np.nan
    with np.errstate(invalid="ignore"):
        verdict[tested & enough & (observed > upper)] = Verdict.ALARM
