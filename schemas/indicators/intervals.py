"""Intervals at 95 %, without any library: what Python and SQL give is the same to eight figures.

Poisson: the exact interval of Garwood (Biometrika 28, 1936), for the mean of a count n: half the chi-square quantiles
2.5 % with 2n and 97.5 % with 2n + 2 degrees of freedom. Up to EXACT_UP_TO it is solved; above, the quantile is the
expansion of Cornish and Fisher in Goldberg and Levine (Annals of Mathematical Statistics 17, 1946), whose relative
error there is under 3e-8 (tests/schemas/indicators/test_intervals.py measures it).

Shares: Wilson's interval (JASA 22, 1927), which Brown, Cai and DasGupta (Statistical Science 16, 2001) advise: its
coverage is near 95 % on average and not at least 95 % always, as Clopper and Pearson's is, which is too wide.
"""

import math
from collections.abc import Callable
from functools import cache

Z = 1.959963984540054
"""The 97.5 % quantile of the normal law."""
EXACT_UP_TO = 50
_TAIL = 0.025


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact interval of the mean of a Poisson count; ValueError under zero."""
    if count < 0:
        raise ValueError("a count is not negative")
    if count <= EXACT_UP_TO:
        return _exact(count)
    return half_chi_square(2 * count, -Z), half_chi_square(2 * count + 2, Z)


@cache
def _exact(count: int) -> tuple[float, float]:
    """Solve for the means under which `count` or more, and `count` or fewer, come once in 40 times."""
    lower = _solve(lambda mean: 1 - _at_most(count - 1, mean) < _TAIL, float(count)) if count else 0.0
    upper = _solve(lambda mean: _at_most(count, mean) > _TAIL, 2.0 * count + 10)
    return lower, upper


def _at_most(count: int, mean: float) -> float:
    """Return the chance that a Poisson count is `count` or fewer."""
    term = math.exp(-mean)
    terms = [term := term * mean / k if k else term for k in range(count + 1)]
    return math.fsum(terms)


def _solve(below: Callable[[float], bool], high: float) -> float:
    """Return the mean between 0 and `high` at which `below` ends to be true."""
    low = 0.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def half_chi_square(freedom: int, z: float) -> float:
    """Return half the chi-square quantile at the normal quantile `z`, for many degrees of freedom."""
    root = math.sqrt(2 * freedom)
    return (
        freedom
        + root * z
        + (2 / 3) * (z**2 - 1)
        + (z**3 - 7 * z) / (9 * root)
        - (6 * z**4 + 14 * z**2 - 32) / (405 * freedom)
        + (9 * z**5 + 256 * z**3 - 433 * z) / (4860 * freedom * root)
        + (12 * z**6 - 243 * z**4 - 923 * z**2 + 1472) / (25515 * freedom**2)
    ) / 2


def wilson_interval(count: float, among: float) -> tuple[float, float]:
    """Return Wilson's interval of the share `count` / `among`; means of several months need not be whole numbers.

    Raises ValueError unless 0 <= count <= among and among is above zero.
    """
    if not 0 <= count <= among or among <= 0:
        raise ValueError("a share is of something, and neither negative nor above one")
    share, square = count / among, Z * Z
    middle = share + square / (2 * among)
    spread = Z * math.sqrt(share * (1 - share) / among + square / (4 * among * among))
    whole = 1 + square / among
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)
