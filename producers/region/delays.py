"""How long an exit takes to reach a landlord's books: short for most, with a long tail.

One curve of delays for each landlord, its own `lag_days`: what its clerks do, and what it knows of
itself when it declares that a month is complete.
"""

from functools import lru_cache

import numpy as np

from producers.region.draws import Ints, stream

FORGOTTEN_SHARE = 0.03
EARLY_SHARE = 0.1  # of the departures with a notice, entered a few days before the exit
_SHAPE = 2.0
# One departure in eleven is entered before the exit and three in a hundred are forgotten for long: the
# median of all departures is then the quantile 0.466 of the gamma law, which is 1.573 times its scale.
_MEDIAN_IN_SCALES = 1.573
_SAMPLE = 200_000


def draw_delays(rng: np.random.Generator, median: float, size: int) -> Ints:
    """Draw whole days between exits and their entries; `median` (days) is that of all departures."""
    days = rng.gamma(_SHAPE, median / _MEDIAN_IN_SCALES, size)
    forgotten = rng.random(size) < FORGOTTEN_SHARE
    days[forgotten] += rng.gamma(1.5, 40.0, size)[forgotten]
    return np.rint(days).astype(np.int64)


@lru_cache(maxsize=256)
def days_for_share(median: float, share: float) -> int:
    """Return after how many days a share of the exits is in the books, measured on a sample of the curve."""
    sample = draw_delays(stream(0, "delay curve"), median, _SAMPLE)
    return int(np.quantile(sample, share, method="inverted_cdf"))
