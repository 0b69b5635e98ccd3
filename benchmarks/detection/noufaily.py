"""The 42 weekly scenarios of Noufaily et al., Statistics in Medicine 32 (2013) 1206-1222, 5.1, with one outbreak each.

Weeks 1 to 312 are training, 313 to 575 hold four past outbreaks, 576 to 624 are tested and hold one of size k.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from streams.backtest.draws import counts
from streams.detection.verdicts import Floats

PARAMETERS = [
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
]
"""theta, beta, gamma 1, gamma 2, phi."""
WEEKS, BASELINE, TESTED = 624, 312, 575
PAST = (2, 3, 5, 10)


class Scenario(NamedTuple):
    """A series, the weeks (from 0) of its last outbreak, and the size k of that."""

    cases: Floats
    first: int
    last: int
    size: int


def scenarios(rng: np.random.Generator, copies: int) -> Iterator[Scenario]:
    """Yield `copies` series of each of the 42 scenarios."""
    for (theta, beta, g1, g2, phi), trend, harmonics in product(PARAMETERS, (0, 1), (0, 1, 2)):
        week = np.arange(1, WEEKS + 1)
        season = sum(
            (g1 * np.cos(2 * np.pi * j * week / 52) + g2 * np.sin(2 * np.pi * j * week / 52))
            for j in range(1, harmonics + 1)
        )
        mean = np.exp(theta + trend * beta * week + season)
        for _ in range(copies):
            yield _series(rng, mean, phi)


def _series(rng: np.random.Generator, mean: Floats, phi: float) -> Scenario:
    count = counts(rng, mean, phi)
    deviation = np.sqrt(phi * mean)
    for size in PAST:
        _outbreak(rng, count, deviation, size, int(rng.integers(BASELINE, TESTED - 10)), TESTED)
    size = int(rng.integers(1, 11))
    first = int(rng.integers(TESTED, WEEKS - 6))
    last = _outbreak(rng, count, deviation, size, first, WEEKS)
    return Scenario(count, first, last, size)


def _outbreak(rng: np.random.Generator, count: Floats, deviation: Floats, size: int, first: int, end: int) -> int:
    """Add an outbreak to `count`; return its last week."""
    cases = rng.poisson(size * deviation[first])
    weeks = np.minimum(first + np.floor(rng.lognormal(0, 0.5, cases)).astype(np.int64), end - 1)
    np.add.at(count, weeks, 1)
    return int(weeks.max(initial=first))
