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


class Histogram(NamedTuple):
    """Counts `n` of a value in a month of a group: columns of one length, in any order. Values are nought or more."""

    group: Ints
    month: Ints
    value: Ints
    n: Ints


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


def window_medians(counted: Histogram, group: Ints, month: Ints) -> Medians:
    """Return the medians of windows: of each group in `group`, the 12 months that end with that of `month`.

    What is counted in other months or groups is left out. Each result is as long as `group`.
    """
    if not group.size or not counted.n.size:
        nothing = np.full(group.size, np.nan)
        return Medians(np.zeros(group.size, dtype=np.int64), *[nothing] * 5)
    values, owner, ordered = _cumulated(counted, int(month.min()), int(month.max()))
    at = month - month.min()
    before = ordered[at, np.searchsorted(owner, group, side="left")]
    total = (ordered[at, np.searchsorted(owner, group, side="right")] - before).astype(np.int64)
    low = low_ranks(int(total.max()))[total]
    ranks = np.stack([low, np.where(low > 0, total + 1 - low, 0), *_quartile_ranks(total)])
    lower, upper, *quartiles = _ordered(values, ordered, at, before + ranks, ranks > 0)
    q1, median, q3 = ((quartiles[one] + quartiles[one + 1]) / 2 for one in (0, 2, 4))
    return Medians(total, median, lower, upper, q1, q3)


def _cumulated(counted: Histogram, first: int, last: int) -> tuple[Ints, Ints, Floats]:
    """Return the values of each group in order, whose they are, and how many are up to each in each window.

    The last has a row for each window that ends with the months from `first` to `last`, and a column more than there
    are values, nought, at the beginning: it goes on from group to group.
    """
    width = int(counted.value.max()) + 1
    keys, column = np.unique(counted.group * width + counted.value, return_inverse=True)
    length = last - first + 1
    row = counted.month - first + WINDOW - 1
    seen = (row >= 0) & (row < length + WINDOW - 1)
    counts = np.bincount(
        row[seen] * keys.size + column[seen], weights=counted.n[seen], minlength=(length + WINDOW - 1) * keys.size
    )
    through = counts.reshape(-1, keys.size).cumsum(axis=0)
    windows = through[WINDOW - 1 :].copy()
    windows[1:] -= through[: length - 1]
    ordered = np.zeros((length, keys.size + 1))
    np.cumsum(windows, axis=1, out=ordered[:, 1:])
    return keys % width, keys // width, ordered


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


def _quartile_ranks(total: Ints) -> list[Ints]:
    """Return the two ranks of each quartile: they differ where it falls on the edge of a value."""
    ranks = []
    for quarters in (1, 2, 3):
        exact = total * quarters
        low = -(-exact // 4)
        ranks += [low, np.where((exact % 4 == 0) & (total > 0), low + 1, low)]
    return ranks


def _ordered(values: Ints, ordered: Floats, at: Ints, rank: Floats, known: NDArray[np.bool_]) -> Floats:
    """Return the values of ranks, counted from the beginning of the row `at`; NaN where not `known`.

    All rows are searched at once: each is lifted above the one before.
    """
    height = ordered[:, -1].max() + 1
    lifted = ordered + (np.arange(ordered.shape[0]) * height)[:, None]
    found = np.searchsorted(lifted.ravel(), rank + at * height) - at * ordered.shape[1] - 1
    return np.where(known, values[np.where(known, found, 0)], np.nan)
