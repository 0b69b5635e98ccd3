"""Medians over 12 months, from histograms by month: arrays in, arrays out.

Quantiles are order statistics of the counted values, averaged where two are equally in the middle (Hyndman and Fan
1996, definition 2). The interval of a median is between two order statistics, chosen by the binomial law of how many
values fall under the true median (Conover 1999, 3.2): it holds whatever the distribution.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

WINDOW = 12
CONFIDENCE = 0.95

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Medians(NamedTuple):
    """By window: how many values, their median and its interval, the quartiles; NaN where there is none.

    `lower` and `upper` are NaN under six values, which allow no interval of 95 %.
    """

    n: Ints
    median: Floats
    lower: Floats
    upper: Floats
    q1: Floats
    q3: Floats


def window_medians(month: Ints, value: Ints, n: Ints, *, months: int, window: int = WINDOW) -> Medians:
    """Return the medians of the windows that end with the months 0 .. `months` - 1.

    `month`, `value` and `n` are the columns of a histogram, a row for some count `n` of a value in a month; months may
    be as low as 1 - `window`: they are in the first windows. Each result has the shape (months,).
    """
    values, column = np.unique(value, return_inverse=True)
    if not values.size:
        nothing = np.full(months, np.nan)
        return Medians(np.zeros(months, dtype=np.int64), *[nothing] * 5)
    before = window - 1
    rows = months + before
    counts = np.bincount((month + before) * values.size + column, weights=n, minlength=rows * values.size)
    through = counts.reshape(rows, values.size).cumsum(axis=1).cumsum(axis=0)
    cumulative = through[before:].copy()
    cumulative[1:] -= through[: months - 1]
    cumulative = np.rint(cumulative).astype(np.int64)
    total = cumulative[:, -1]
    rank = low_ranks(int(total.max()))[total]
    lower = _ordered(values, cumulative, rank)
    upper = _ordered(values, cumulative, np.where(rank > 0, total + 1 - rank, 0))
    q1, median, q3 = (_quantile(values, cumulative, total, quarter) for quarter in (1, 2, 3))
    return Medians(total, median, lower, upper, q1, q3)


def low_ranks(largest: int) -> Ints:
    """Return, by number of values from 0 to `largest`, the rank of a median's lower bound; 0: there is none.

    The greatest rank r such that a binomial law of n and 1/2 is under r with a chance of 2.5 % at most: the interval
    from the r-th value to the r-th from the top holds the median in 95 % of the cases or more.
    """
    size = 1 << max(largest, 1).bit_length()
    return _low_ranks(size)[: largest + 1]


@cache
def _low_ranks(size: int) -> Ints:
    ranks: Ints = np.maximum(binom.ppf((1 - CONFIDENCE) / 2, np.arange(size), 0.5), 0).astype(np.int64)
    return ranks


def _quantile(values: Ints, cumulative: Ints, total: Ints, quarters: int) -> Floats:
    """Return the quantile of a number of quarters: between two ranks where it falls on the edge of a value."""
    exact = total * quarters
    low = np.where(total > 0, -(-exact // 4), 0)
    high = np.where((exact % 4 == 0) & (total > 0), low + 1, low)
    return (_ordered(values, cumulative, low) + _ordered(values, cumulative, high)) / 2


def _ordered(values: Ints, cumulative: Ints, rank: Ints) -> Floats:
    """Return the value of a rank (from 1 on) in each window; NaN for the rank 0."""
    found = np.minimum((cumulative < rank[:, None]).sum(axis=1), values.size - 1)
    return np.where(rank > 0, values[found], np.nan)
