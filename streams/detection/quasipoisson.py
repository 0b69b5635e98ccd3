"""Many small quasi-Poisson regressions at once: log mu = offset + level of the season + slope * time.

Each fit has its own observations, weights and seasons. The design is an intercept per season and at most one slope,
so the normal equations of iteratively reweighted least squares (McCullagh and Nelder 1989, 2.5) are an arrow: they are
solved by sums over seasons, without a matrix.

Start (mu = y + 0.1), stopping rule (relative change of the deviance under 1e-8) and what is taken from the last step
(working weights of the last solution, residuals of the new one) are those that R's manual gives for `glm`: the same
data give the same digits.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.special import xlogy

from streams.detection.verdicts import Bools, Floats, Ints

TOLERANCE = 1e-8
ITERATIONS = 25
SMALLEST = float(np.finfo(np.float64).eps)
"""No mean is smaller: seasons without an event would go to 0."""


@dataclass(frozen=True)
class Observations:
    """What is fitted: arrays (fits, observations); a weight of 0 leaves an observation out.

    `count` in events, `time` in any unit, `season` from 0 on, `offset` the logarithm of the exposure, `weight` >= 0.
    """

    count: Floats
    time: Floats
    season: Ints
    offset: Floats
    weight: Floats

    def take(self, fits: Any) -> "Observations":
        """Return some of the fits."""
        return Observations(*(getattr(self, one.name)[fits] for one in fields(self)))

    def weighted(self, weight: Floats) -> "Observations":
        """Return the same observations with other weights."""
        return Observations(self.count, self.time, self.season, self.offset, weight)


@dataclass(frozen=True)
class Fit:
    """The fits: arrays (fits, observations), (fits, seasons) or (fits,). Nothing is said where `converged` is false.

    `level`, the logarithm of the rate in each season at its mean time `middle`; `information`, the working weights of
    each season; `slope` per unit of time, 0 where none was fitted, and `slope_information`, the inverse of its
    variance at dispersion 1; `dispersion`, Pearson's chi-square over the degrees of freedom, not held above 1.
    """

    mean: Floats
    leverage: Floats
    level: Floats
    middle: Floats
    information: Floats
    slope: Floats
    slope_information: Floats
    dispersion: Floats
    freedom: Ints
    converged: Bools


@dataclass(frozen=True)
class _Seasons:
    """Sums over the seasons of each fit, and back: `place` is where an observation's season lies, fits end to end."""

    place: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, season: Ints, seasons: int) -> "_Seasons":
        return cls(season + seasons * np.arange(len(season))[:, None], (len(season), seasons))

    def sums(self, values: Floats) -> Floats:
        size = self.shape[0] * self.shape[1]
        return np.bincount(self.place.ravel(), values.ravel(), size).astype(np.float64).reshape(self.shape)

    def spread(self, values: Floats) -> Floats:
        spread: Floats = values.ravel()[self.place]
        return spread


@dataclass(frozen=True)
class _Solution:
    """Weighted least squares: as in `Fit`."""

    level: Floats
    middle: Floats
    information: Floats
    slope: Floats
    slope_information: Floats

    @classmethod
    def empty(cls, fits: int, seasons: int) -> "_Solution":
        by_season, by_fit = np.zeros((fits, seasons)), np.zeros(fits)
        return cls(by_season, by_season.copy(), by_season.copy(), by_fit, by_fit.copy())

    def put(self, fits: Ints, other: "_Solution") -> None:
        for name in _NAMES:
            getattr(self, name)[fits] = getattr(other, name)


_NAMES = [one.name for one in fields(_Solution)]


def _solve(
    data: Observations, cut: _Seasons, working: Floats, target: Floats, sloped: bool
) -> tuple[_Solution, Floats]:
    """Return the solution, and its prediction of the target."""
    information = cut.sums(working)
    held = np.where(information > 0, information, 1.0)
    level = cut.sums(working * target) / held
    predicted = cut.spread(level)
    middle, slope, slope_information = np.zeros_like(level), np.zeros(len(level)), np.zeros(len(level))
    if sloped:
        middle = cut.sums(working * data.time) / held
        away = data.time - cut.spread(middle)
        slope_information = (working * away * away).sum(axis=1)
        positive = slope_information > 0
        slope = np.where(positive, (working * away * target).sum(axis=1) / np.where(positive, slope_information, 1), 0)
        predicted = predicted + slope[:, None] * away
    return _Solution(level, middle, information, slope, slope_information), predicted


def _deviance(data: Observations, saturated: Floats, eta: Floats, mean: Floats) -> Floats:
    """Return 2 sum w (y log(y / mu) - (y - mu)); `saturated` is y log y - y."""
    total: Floats = 2 * (data.weight * (saturated - data.count * eta + mean)).sum(axis=1)
    return total


def fit(data: Observations, seasons: int, sloped: bool) -> Fit:
    """Fit every row of `data`; with a slope if `sloped`.

    Source: McCullagh and Nelder, Generalized Linear Models, 1989, 2.5; dispersion: 9.2.4.
    """
    fits = len(data.count)
    saturated = xlogy(data.count, data.count) - data.count
    mean = data.count + 0.1
    eta, working, solution = np.log(mean), np.zeros_like(mean), _Solution.empty(fits, seasons)
    converged, lost = np.zeros(fits, dtype=bool), np.zeros(fits, dtype=bool)
    deviance = _deviance(data, saturated, eta, mean)
    for _ in range(ITERATIONS):
        open_ = np.flatnonzero(~converged & ~lost)
        if not len(open_):
            break
        part = data if len(open_) == fits else data.take(open_)
        now = mean[open_]
        weights = part.weight * now
        target = eta[open_] - part.offset + (part.count - now) / now
        step, predicted = _solve(part, _Seasons.of(part.season, seasons), weights, target, sloped)
        predicted += part.offset
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            now = np.maximum(np.exp(predicted), SMALLEST)
            found = _deviance(part, saturated[open_], np.log(now), now)
        sound = np.isfinite(found)
        done = sound & (np.abs(found - deviance[open_]) / (np.abs(found) + 0.1) < TOLERANCE)
        eta[open_], working[open_], deviance[open_] = predicted, weights, found
        mean[open_] = np.where(sound[:, None], now, 1.0)
        solution.put(open_, step)
        converged[open_], lost[open_] = done, ~sound
    return _finished(data, mean, working, solution, converged)


def _finished(data: Observations, mean: Floats, working: Floats, found: _Solution, converged: Bools) -> Fit:
    cut = _Seasons.of(data.season, found.level.shape[1])
    has_slope = found.slope_information > 0
    freedom = (data.weight > 0).sum(axis=1) - (found.information > 0).sum(axis=1) - has_slope
    pearson = (working * ((data.count - mean) / mean) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        leverage = working / cut.spread(found.information)
        away = data.time - cut.spread(found.middle)
        leverage += np.where(has_slope[:, None], working * away * away / found.slope_information[:, None], 0.0)
        dispersion = np.where(freedom > 0, pearson / np.maximum(freedom, 1), np.nan)
    return Fit(
        mean=mean,
        leverage=np.where(data.weight > 0, leverage, 0.0),
        dispersion=dispersion,
        freedom=freedom,
        converged=converged & (freedom > 0),
        **{name: getattr(found, name) for name in _NAMES},
    )


def predict(fitted: Fit, season: int, time: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """Return the linear predictor (fits,) of one season at `time`, and its variance at dispersion 1."""
    away = time - fitted.middle[:, season]
    eta = fitted.level[:, season] + fitted.slope * away + offset
    with np.errstate(divide="ignore", invalid="ignore"):
        slope_part = np.where(fitted.slope_information > 0, away * away / fitted.slope_information, 0.0)
        return eta, 1 / fitted.information[:, season] + slope_part
