"""The negative binomial by its mean and variance: chances and bounds. A variance not above the mean is Poisson's."""

import numpy as np
from scipy import stats

from streams.detection.verdicts import Floats


def _parameters(mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return size and probability; a size so great that it is Poisson where the variance is not above the mean."""
    excess = np.maximum(variance - mean, mean * 1e-9)
    with np.errstate(invalid="ignore"):  # of a mean of nought nothing is said: NaN
        return mean * mean / excess, mean / (mean + excess)


def at_least(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(Y >= count). Counts are whole, means and variances positive; NaN gives NaN."""
    chance: Floats = stats.nbinom.sf(count - 1, *_parameters(mean, variance))
    return chance


def at_most(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(Y <= count)."""
    chance: Floats = stats.nbinom.cdf(count, *_parameters(mean, variance))
    return chance


def exactly(count: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return P(Y = count)."""
    chance: Floats = stats.nbinom.pmf(count, *_parameters(mean, variance))
    return chance


def upper_bound(chance: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return the smallest u of which P(Y > u) <= chance."""
    bound: Floats = stats.nbinom.isf(chance, *_parameters(mean, variance))
    return bound


def lower_bound(chance: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return the greatest u of which P(Y < u) <= chance."""
    bound: Floats = stats.nbinom.ppf(chance, *_parameters(mean, variance))
    return bound
