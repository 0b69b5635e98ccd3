"""From the p-values of one month to levels: one family of tests a month, held to a budget of false alarms.

Invariant: what has no verdict is in no family, and its level is NO_VERDICT: never NONE.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from streams.detection.verdicts import Bools, Floats, Ints


class Level(IntEnum):
    """How far a signal has come: *à surveiller* is WATCH, *alerte* ALERT."""

    NO_VERDICT = -1
    NONE = 0
    WATCH = 1
    ALERT = 2


@dataclass(frozen=True)
class Rules:
    """`watch`: p below it is to be watched. An alert has besides a false discovery rate of at most `discovery` in its
    family, and passes the floors: `events` at least, `ratio` to the expected at least, `coverage` at least.
    """

    watch: float = 0.01
    discovery: float = 0.10
    events: int = 5
    ratio: float = 1.5
    coverage: float = 0.5


def benjamini_hochberg(p: Floats) -> Floats:
    """Return the q-values of one family, an array of the shape of `p`; NaN, no test, stays NaN.

    q of the k-th smallest of n: the smallest of n p(j) / j, j >= k, at most 1. Source: Benjamini and Hochberg, J. R.
    Statist. Soc. B 57 (1995) 289-300, as adjusted p-values.
    """
    q = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    values = p[tested]
    order = np.argsort(values, kind="stable")
    adjusted = values[order] * len(values) / np.arange(1, len(values) + 1)
    found = np.empty_like(values)
    found[order] = np.minimum(np.minimum.accumulate(adjusted[::-1])[::-1], 1.0)
    q[tested] = found
    return q


def levels(
    p: Floats,
    count: Floats,
    expected: Floats,
    coverage: Floats,
    rules: Rules | None = None,
    downward: Bools | None = None,
) -> tuple[Ints, Floats]:
    """Return the `Level` and the q-value of each test of one family, arrays of any one shape.

    `p` is NaN where there is no verdict; `count` and `expected` in events, `coverage` from 0 to 1; `downward` tells
    (broadcast to that shape) which tests look for unusually few, none of them if it is left out.
    """
    rules = rules or Rules()
    q = benjamini_hochberg(p)
    with np.errstate(invalid="ignore"):
        watch = p < rules.watch
        alert = watch & (q <= rules.discovery) & floors(count, expected, coverage, rules, downward)
    found = np.select(
        [np.isnan(p), alert, watch], [int(Level.NO_VERDICT), int(Level.ALERT), int(Level.WATCH)], int(Level.NONE)
    )
    return found.astype(np.int64), q


def floors(count: Floats, expected: Floats, coverage: Floats, rules: Rules, downward: Bools | None = None) -> Bools:
    """Return where a signal is large enough to be shown as an alert, whatever its p-value.

    Downward it is the expectation that must be large, and beyond the count.
    """
    turned = np.False_ if downward is None else downward
    more, less = np.where(turned, expected, count), np.where(turned, count, expected)
    large: Bools = (more >= rules.events) & (more >= rules.ratio * less) & (coverage >= rules.coverage)
    return large
