"""The model that the pooled detector compares a count with: all series together, by empirical Bayes. Arrays, no I/O.

For series i and period j of the history, with exposure e (dwellings at risk times the share of them whose landlords
have declared, times the share of the period that has gone by):

    mean      m_ij = e_ij * lambda_i * s_k * d_ik * exp((beta + beta_i) (t_j - middle_i)),   k the season of j
    variance  phi_i * m_ij
    lambda_i ~ Gamma(a, b)     s_k ~ Gamma(1/v, 1/v)     d_ik ~ Gamma(1/u, 1/u)     beta_i ~ Normal(0, w)

lambda_i is the rate of a series, s_k the season that all share, d_ik how far a series departs from it, beta the slope
that all share, beta_i how far a series departs from it. What the panel does not show is shrunk away: where series have
one season, one slope and one dispersion, u and w are estimated as 0, phi_i is phi for all, and the model is
m = e lambda_i s_k exp(beta t).

Estimates: a and b by the marginal likelihood of all series, the totals divided by phi (quasi-likelihood: Robbins'
empirical Bayes with the Gamma-Poisson pair, as in Clayton and Kaldor, Biometrics 43 (1987) 671-681); u, v and w by
moments (excess of squared residuals over phi m, as in Clayton and Kaldor, or DerSimonian and Laird 1986 for slopes);
phi by Pearson's chi-square over its degrees of freedom, phi_i shrunk towards it by how much the series' own differ
beyond chance (as Smyth 2004, Statistical Applications in Genetics and Molecular Biology 3, 3, does with variances).
Past outliers, of Anscombe residual above 2.58, count s^-2 (Farrington et al. 1996; Noufaily et al. 2013); what that
takes from ordinary high counts is given back (`attenuation`), without which phi and the rates would be too small.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import gammaln, ndtri

from streams.detection import negative_binomial
from streams.detection.verdicts import Bools, Floats, Ints

ROUNDS = 4
FEW_SERIES = 5
"""Below that, a distribution of rates cannot be estimated: each series is told by itself."""
FLAT = 0.5
"""The shape of a Gamma distribution that says next to nothing."""
SHAPES = (0.2, 5000.0)
OUTLYING = 2.58
STEEPEST = 2.0
"""A year: sevenfold. What seems steeper is the beginning or the end of a series."""
WILDEST = 30.0
GREATEST = 60.0
"""Dispersions and means above these are as these: what the weights take changes little from there on."""


@dataclass(frozen=True)
class History:
    """What is fitted: `count` in events and `exposure` (series, periods), exposure 0 where nothing is known or used;
    `season` (periods,) from 0 to `seasons` - 1, `time` (periods,) in years.

    `reach`: a season is estimated together with so many on either side of it (0 for months).
    """

    count: Floats
    exposure: Floats
    season: Ints
    time: Floats
    seasons: int
    reach: int

    @property
    def used(self) -> Bools:
        """Where something is known."""
        where: Bools = self.exposure > 0
        return where

    @cached_property
    def member(self) -> Floats:
        """Which periods (periods, seasons) are within reach of a season."""
        member = np.zeros((len(self.season), self.seasons))
        for shift in range(-self.reach, self.reach + 1):
            member[np.arange(len(self.season)), (self.season + shift) % self.seasons] = 1.0
        return member

    def by_season(self, values: Floats) -> Floats:
        """Return sums (series, seasons) of values (series, periods), each with the seasons within reach."""
        return values @ self.member

    @property
    def width(self) -> int:
        """Return how many seasons one estimate draws on."""
        return 2 * self.reach + 1


@dataclass(frozen=True)
class Model:
    """The fitted model. `rate` (series,), `season` (series, seasons): s_k d_ik, `slope` (series,) a year, around
    `middle` (series,); their relative variances, of the slope its variance; `dispersion` (series,) phi_i,
    `common_dispersion` phi; `shape` a and `scale` b.
    """

    rate: Floats
    rate_variance: Floats
    season: Floats
    season_variance: Floats
    slope: Floats
    slope_variance: Floats
    middle: Floats
    dispersion: Floats
    common_dispersion: float
    shape: float
    scale: float
    reach: int

    def predict(self, exposure: Floats, season: Ints, time: Floats) -> tuple[Floats, Floats]:
        """Return mean and variance (series,) of the sum of the counts of a few periods.

        `exposure` (series, periods), 0 for a period that is not part of the sum; `season` and `time` (periods,).
        Variance: phi M + Var(lambda) (sum of e s)^2, plus the same for season and slope.
        """
        away = time - self.middle[:, None]
        mean = exposure * self.rate[:, None] * self.season[:, season] * np.exp(self.slope[:, None] * away)
        total = mean.sum(axis=1)
        of_season = self.season_variance[:, season]
        seasonal = (mean**2 * of_season).sum(axis=1) if not self.reach else (mean * np.sqrt(of_season)).sum(axis=1) ** 2
        sloped = self.slope_variance * (mean * away).sum(axis=1) ** 2
        return total, self.dispersion * total + self.rate_variance * total**2 + seasonal + sloped


def fit(history: History, outlying: float = OUTLYING, slope_chance: float = 0.05) -> Model:
    """Fit the model. The history must hold an event; series that are never used get the rate of the others.

    `outlying`: the Anscombe residual above which a count is weighed down; `slope_chance`: slopes are kept if the chance
    of what is seen, were there none, is below it.
    """
    significant = float(ndtri(1 - min(max(slope_chance, 0.0), 1.0) / 2))
    used = history.used
    y, weight = np.where(used, history.count, 0.0), used.astype(np.float64)
    counted = weight  # the weights, times what they leave of an ordinary count
    slope = np.zeros(len(y))
    season = np.ones((len(y), history.seasons))
    phi, left = 1.0, 1.0
    own = np.full(len(y), phi)
    for again in (True,) * (ROUNDS - 1) + (False,):
        middle = _middle(weight * history.exposure, history.time)
        away = history.time - middle[:, None]
        trended = history.exposure * np.exp(slope[:, None] * away)
        rate = _ratio(weight * y, counted * trended * season[:, history.season])
        season, season_variance, by_seasons = _seasons(history, weight * y, counted * trended * rate[:, None], own)
        base = trended * season[:, history.season]
        mean = base * _ratio(weight * y, counted * base)[:, None]
        steeper, slope_variance, by_slopes = _slopes(
            slope, weight * y - counted * mean, weight * mean, away, own, significant
        )
        phi, own = _dispersions(weight, y, mean, by_seasons + by_slopes, left)
        if again:
            slope = np.clip(steeper, -STEEPEST, STEEPEST)
            weight = used * outlier_weights(y, mean, own[:, None], outlying)
            of_mean, left = attenuation(mean, weight, phi, outlying)
            counted = weight * of_mean
    events, at_unit_rate = (weight * y).sum(axis=1) / own, (counted * base).sum(axis=1) / own
    shape, scale = rate_distribution(events, at_unit_rate)
    return Model(
        rate=(shape + events) / (scale + at_unit_rate),
        rate_variance=1 / (shape + events),
        season=season,
        season_variance=season_variance,
        slope=slope,
        slope_variance=slope_variance,
        middle=middle,
        dispersion=own,
        common_dispersion=phi,
        shape=shape,
        scale=scale,
        reach=history.reach,
    )


def rate_distribution(events: Floats, at_unit_rate: Floats) -> tuple[float, float]:
    """Return a and b of the Gamma distribution of the rates, by marginal likelihood.

    `events` and `at_unit_rate` (series,): totals divided by phi, and what they would be at a rate of 1. Given the rate,
    the events are as good as Poisson; so their marginal is a negative binomial, and
    log L = sum [log G(a + Y) - log G(a) + a log b - (a + Y) log(b + M)].
    Of few series it says nothing: then a = 1/2 around their common rate.
    """
    seen = at_unit_rate > 0
    y, m = events[seen], at_unit_rate[seen]
    common = float(y.sum() / m.sum())
    if len(y) < FEW_SERIES:
        return FLAT, FLAT / common

    def scale_of(shape: float) -> float:
        scale = shape / common
        for _ in range(20):  # the b of greatest likelihood, given a: a / b is the mean of the posterior rates
            scale = shape / float(((shape + y) / (scale + m)).mean())
        return scale

    def loss(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        scale = scale_of(shape)
        likelihood = gammaln(shape + y) - gammaln(shape) + shape * np.log(scale) - (shape + y) * np.log(scale + m)
        return -float(likelihood.sum())

    found = minimize_scalar(loss, bounds=tuple(np.log(SHAPES)), method="bounded", options={"xatol": 1e-3})
    shape = float(np.exp(found.x))
    return shape, scale_of(shape)


def _middle(weight: Floats, time: Floats) -> Floats:
    total = weight.sum(axis=1)
    middle: Floats = np.where(total > 0, weight @ time / np.where(total > 0, total, 1.0), time.mean())
    return middle


def _ratio(observed: Floats, expected: Floats) -> Floats:
    """Return the rate (series,) of greatest likelihood, 0 where nothing is expected."""
    total = expected.sum(axis=1)
    rate: Floats = np.where(total > 0, observed.sum(axis=1) / np.where(total > 0, total, 1.0), 0.0)
    return rate


def _shrunk(observed: Floats, expected: Floats, phi: Floats, estimated: float) -> tuple[Floats, Floats, float]:
    """Return factors around 1, their relative variance, and how many degrees of freedom they have spent.

    `observed` and `expected` of one shape, in events. The variance of the factors is what the squared differences
    exceed phi times the expected, less what `estimated` levels have taken; 0 leaves every factor at 1.
    """
    freedom = observed.size - estimated
    if freedom <= 0:
        return np.ones_like(observed), np.zeros_like(observed), 0.0
    excess = ((observed - expected) ** 2).sum() * observed.size / freedom - (phi * expected).sum()
    spread = excess / (expected**2).sum()
    if not spread > 0:
        return np.ones_like(observed), np.zeros_like(observed), 0.0
    shape = 1 / spread
    factor = (shape + observed / phi) / (shape + expected / phi)
    spent = float((expected / (phi * shape + expected)).sum()) * freedom / observed.size
    return factor, 1 / (shape + observed / phi), spent


def _seasons(history: History, y: Floats, expected: Floats, phi: Floats) -> tuple[Floats, Floats, float]:
    """Return the seasons of each series (series, seasons), their relative variances, and the freedom spent.

    `y` and `expected` (series, periods), weighted, the latter as if there were no season.
    """
    observed, level = history.by_season(y), history.by_season(expected)
    total = level.sum(axis=0)
    of_total = (phi[:, None] * level).sum(axis=0) / np.where(total > 0, total, 1.0)
    shared, shared_variance, spent = _shrunk(observed.sum(axis=0), total, np.maximum(of_total, 1.0), 1)
    season = np.broadcast_to(shared, level.shape)
    variance = np.broadcast_to(shared_variance, level.shape)
    if len(y) > 1:
        levels = len(y) + history.seasons / history.width - 1
        own, own_variance, more = _shrunk(observed, level * shared, phi[:, None], levels)
        season, variance, spent = season * own, variance + own_variance, spent + more
    return season, variance, spent / history.width


def _slopes(
    slope: Floats, residual: Floats, mean: Floats, away: Floats, phi: Floats, significant: float
) -> tuple[Floats, Floats, float]:
    """Return the slopes (series,), their variances, and the freedom spent. Residuals and means are weighted.

    One Fisher step from the slopes so far, then the shared slope, 0 unless it differs from 0, then the spread of the
    others around it (DerSimonian and Laird 1986), 0 unless it differs from 0.
    """
    information = (mean * away**2).sum(axis=1) / phi
    seen = information > 0
    if not seen.any():
        return np.zeros_like(slope), np.zeros_like(slope), 0.0
    held = np.where(seen, information, 1.0)
    own = slope + np.where(seen, (residual * away).sum(axis=1) / phi / held, 0.0)
    total = information.sum()
    shared = float((information * own).sum() / total)
    if abs(shared) * np.sqrt(total) < significant:
        shared, variance = 0.0, 0.0
    else:
        variance = 1 / total
    others = int(seen.sum()) - 1
    scatter = float((information * (own - shared) ** 2).sum()) - others
    if others < 1 or scatter < significant * np.sqrt(2 * others):
        return np.full_like(slope, shared), np.full_like(slope, variance), float(variance > 0)
    spread = scatter / (total - (information**2).sum() / total)
    share = information * spread / (1 + information * spread)
    return shared + share * (own - shared), variance + spread * (1 - share), float(variance > 0) + float(share.sum())


def _dispersions(weight: Floats, y: Floats, mean: Floats, spent: float, left: float) -> tuple[float, Floats]:
    """Return phi and phi_i (series,): Pearson's chi-square over what is left of the weights after levels, seasons and
    slopes, 1 or more; all phi_i are phi unless they differ beyond chance.

    `left`: the share of the chi-square that the weights leave of ordinary counts. The relative variance of one square
    is 2 + 6 (phi - 1) / m + 1 / (phi m), from the kurtosis of the negative binomial.
    """
    there = (weight > 0) & (mean > 0)
    held = np.where(there, mean, 1.0)
    chi_square = (weight * np.where(there, (y - mean) ** 2 / held, 0.0)).sum(axis=1) / left
    seen = (weight * there).sum(axis=1)
    freedom = seen - there.any(axis=1) - spent * seen / max(seen.sum(), 1.0)
    phi = max(1.0, float(chi_square.sum() / freedom.sum())) if freedom.sum() > 0 else 1.0
    every = np.full(len(y), phi)
    known = freedom > 2
    if known.sum() < FEW_SERIES:
        return phi, every
    own = chi_square[known] / freedom[known]
    of_one = np.where(there, 2 + 6 * (phi - 1) / held + 1 / (phi * held), 0.0).sum(axis=1)[known]
    variance = of_one * (phi / freedom[known]) ** 2
    precision = 1 / variance
    middle = float((precision * own).sum() / precision.sum())
    others = len(own) - 1
    scatter = float((precision * (own - middle) ** 2).sum()) - others
    if scatter < 3 * np.sqrt(2 * others):
        return phi, every
    spread = scatter / (precision.sum() - (precision**2).sum() / precision.sum())
    every[known] = np.maximum(1.0, middle + spread / (spread + variance) * (own - middle))
    return phi, every


def outlier_weights(y: Floats, mean: Floats, phi: Floats | float, outlying: float = OUTLYING) -> Floats:
    """Return 1, or s^-2 for an Anscombe residual s = 3/2 (y^(2/3) - m^(2/3)) / (phi^(1/2) m^(1/6)) above `outlying`."""
    held = np.where(mean > 0, mean, 1.0)
    s = np.where(mean > 0, 1.5 * (np.cbrt(y) ** 2 - np.cbrt(held) ** 2) / np.sqrt(phi * np.cbrt(held)), 0.0)
    weight: Floats = np.where(s > outlying, np.maximum(s, 1.0) ** -2.0, 1.0)
    return weight


def attenuation(mean: Floats, weight: Floats, phi: float, outlying: float = OUTLYING) -> tuple[Floats, float]:
    """Return what the weights leave of counts that are no outliers: E[w Y] / (E[w] m), of the shape of `mean`, and of
    their chi-square, E[w (Y - m)^2 / m] / (phi E[w]) over all that is weighed.

    Y is negative binomial of mean m and variance phi m (phi to two digits); a few means are summed, others
    interpolated.
    """
    grid, of_mean, of_square = _attenuated(round(min(phi, WILDEST), 2), outlying)
    at = np.log(np.clip(mean, np.exp(grid[0]), np.exp(grid[-1])))
    weighed = weight * (mean > 0)
    square = np.interp(at, grid, of_square)
    left = float((weighed * square).sum() / weighed.sum()) if weighed.any() else 1.0
    return np.interp(at, grid, of_mean), left


@lru_cache(maxsize=512)
def _attenuated(phi: float, outlying: float) -> tuple[Floats, Floats, Floats]:
    """Return the logarithms of a few means, and what the weights leave of counts of these means and their squares."""
    grid = np.geomspace(0.01, GREATEST, 60)
    y = np.arange(int(GREATEST + 12 * np.sqrt(phi * GREATEST)) + 20, dtype=np.float64)
    y, m = np.broadcast_arrays(y[None, :], grid[:, None])
    chance = outlier_weights(y, m, phi, outlying) * negative_binomial.exactly(y, m, phi * m)
    total = chance.sum(axis=1)
    of_mean = (chance * y).sum(axis=1) / total / grid
    return np.log(grid), of_mean, (chance * (y - m) ** 2).sum(axis=1) / total / (phi * grid)
