"""Named random streams and calendar arithmetic: the same arguments always give the same draws.

Every part of the simulation draws from a stream of its own, so that a change in one part does not
shift the draws of another. Days are counted from 1970-01-01 and instants in seconds, both in UTC.
"""

import zlib
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY = 86_400
EPOCH = date(1970, 1, 1)


def stream(seed: int, *names: str) -> np.random.Generator:
    """Return the generator named `names` under `seed`."""
    return np.random.default_rng([seed, *(zlib.crc32(name.encode()) for name in names)])


def pick(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Draw `size` indices with probabilities proportional to `weights`."""
    ladder = np.cumsum(weights)
    return np.searchsorted(ladder / ladder[-1], rng.random(size), side="right").astype(np.int64)


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """Return the date `number` days after 1970-01-01."""
    return EPOCH + timedelta(days=number)


def month_number(day: date) -> int:
    """Return the months from January 1970 to the month of `day`."""
    return (day.year - 1970) * 12 + day.month - 1


def first_day(month: int) -> int:
    """Return the day number of the first of the month number `month`."""
    return day_number(date(1970 + month // 12, month % 12 + 1, 1))


def months_of(days: Ints) -> Ints:
    """Return the month number of each day number."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def first_days(days: Ints) -> Ints:
    """Return, for each day number, the day number of the first of its month."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def month_text(month: int) -> str:
    """Return a month number as YYYY-MM."""
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"
