"""The state of every dwelling on the first day of a month: let, void, in works, gone."""

import numpy as np

from producers.region.draws import Ints, months_of
from producers.region.dwellings import ALWAYS, Dwellings

NEVER = 10_000_000
MEDIAN_VOID_DAYS, MEAN_VOID_DAYS = 28.0, 50.0


class Occupancy:
    """Columns by dwelling; `let_from` is the day the present or next tenancy begins.

    `vacant_from` is the day of the last exit and `gone_from` the day the dwelling leaves the stock, NEVER
    if it does not; `lease` numbers the present or next lease; `tenancy` is the month it begins.
    """

    def __init__(self, dwellings: Dwellings, first: int, rng: np.random.Generator) -> None:
        size = dwellings.cell.size
        groups = dwellings.groups
        self.lease = np.zeros(size, dtype=np.int64)
        self.let_from = np.full(size, ALWAYS, dtype=np.int64)
        self.vacant_from = np.full(size, NEVER, dtype=np.int64)
        self.gone_from = np.full(size, NEVER, dtype=np.int64)
        self.demolished = np.zeros(size, dtype=bool)
        # years since the start of the present tenancy: half under seven years, one in ten over 25
        years = np.minimum(rng.gamma(1.05, 10.0, size), 60.0)
        day = first - np.maximum((years * 365.25).astype(np.int64), 40)
        self.tenancy = months_of(day)
        rate = np.array([group.rotation for group in groups])[dwellings.group]
        vacancy = np.array([group.vacancy for group in groups])[dwellings.group]
        void_share = np.minimum(rate * MEAN_VOID_DAYS / 365.25, 0.5 * vacancy + 0.01)
        lasting = rng.random(size) < np.clip(vacancy - void_share, 0.0, 0.7)
        self.works = lasting & (rng.random(size) < 0.3)
        passing = ~lasting & (rng.random(size) < void_share)
        new = dwellings.opens > ALWAYS
        self.let_from[lasting] = NEVER
        self.vacant_from[lasting] = first - 400
        self.let_from[passing] = first + rng.integers(1, 60, size)[passing]
        self.vacant_from[passing] = first - rng.integers(1, 70, size)[passing]
        self.let_from[new] = dwellings.opens[new]
        self.vacant_from[new] = NEVER
        self.works &= ~new
        self.passing = passing & ~new


def draw_voids(rng: np.random.Generator, size: int) -> Ints:
    """Draw void periods in days: median about a month, and one in fifteen with long works."""
    days = MEDIAN_VOID_DAYS * np.exp(0.75 * rng.standard_normal(size))
    long = rng.random(size) < 0.07
    days[long] += rng.gamma(2.0, 75.0, size)[long]
    return np.maximum(days, 1.0).astype(np.int64)
