"""How long tenancies last: Kaplan and Meier's estimate with left truncation, on grouped data. Arrays, no I/O.

What is known is grouped: on 1 January of a year, tenancies running by the year they began (`stock`); over that year,
departures by the year the tenancy began. The age of a tenancy is the year minus the year it began: a whole number,
whatever the month. Of age a >= 1 in year y

    at risk = tenancies running on 1 January y that began in y - a        exits = those of them that ended in y

and of age 0, of which none runs yet on 1 January,

    at risk = tenancies running on 1 January y + 1 that began in y, plus the exits        exits = begun and ended in y.

Years are added up by age, h(a) = exits / at risk, and S(a) = (1 - h(0)) ... (1 - h(a)): the share of tenancies that
are still there at the end of the calendar year in which they turn a. A tenancy that began before the first year
enters at the age it then has (left truncation): it is in no risk set before. One that ends otherwise than by a
departure (sale, demolition, lease passed on) is no longer in the stock of the next 1 January: it is censored.
This is the product-limit estimate of individual durations in whole years: a test holds it equal, digit by digit.

Interval: Greenwood's variance, on the scale log(-log S) (Kalbfleisch and Prentice 2002, 1.4): it stays within 0 and 1.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OLDEST = 40
"""Years: older tenancies are few, and their beginnings are often those of a transfer of data."""
CONFIDENCE = 0.95


class LifeTable(NamedTuple):
    """By age 0, 1, 2 ... along the last axis: NaN where no tenancy of that age, or of an age before it, was at risk.

    `lower` and `upper` are NaN too where nobody has left yet, or everybody.
    """

    at_risk: Ints
    exits: Ints
    survival: Floats
    lower: Floats
    upper: Floats

    def take(self, rows: Any) -> "LifeTable":
        """Return some of the curves, by their place on the axes before the last."""
        at_risk, exits, survival, lower, upper = (column[rows] for column in self)
        return LifeTable(at_risk, exits, survival, lower, upper)


class Observed(NamedTuple):
    """Tenancies by year and age in that year, of the shape (..., years, ages)."""

    at_risk: Ints
    exits: Ints


def observe(running: Ints, exits: Ints, following: Ints) -> Observed:
    """Return the risk sets and exits, from counts (..., years, ages) of the same landlord-years.

    `running` on 1 January, of which none is of age 0; `exits` over the year. `following` (..., years): tenancies that
    began in the year and run on 1 January of the next. A landlord whose next stock is not known is left out of
    `following` and of the exits of age 0. A group that is said to be smaller than its exits was as large as they are.
    """
    at_risk = np.maximum(running, exits)
    at_risk[..., 0] = following + exits[..., 0]
    return Observed(at_risk, exits)


def all_cohorts(observed: Observed) -> LifeTable:
    """Return the survival of all tenancies over the years observed: each age as of those who had it."""
    return life_table(observed.at_risk.sum(axis=-2), observed.exits.sum(axis=-2))


def each_cohort(observed: Observed) -> LifeTable:
    """Return the survival of the tenancies that began in each year, by age: of the shape (..., years, years).

    They are followed from their beginning on. Of an older cohort only those are known who stayed until the first year.
    """
    years = observed.at_risk.shape[-2]
    began, age = (grid.ravel() for grid in np.meshgrid(np.arange(years), np.arange(years), indexing="ij"))
    seen = (began + age < years) & (age < observed.at_risk.shape[-1])
    began, age = began[seen], age[seen]
    diagonals = [np.zeros((*observed.at_risk.shape[:-2], years, years), dtype=np.int64) for _ in range(2)]
    for diagonal, counts in zip(diagonals, observed, strict=True):
        diagonal[..., began, age] = counts[..., began + age, age]
    return life_table(*diagonals)


def life_table(at_risk: Ints, exits: Ints) -> LifeTable:
    """Return the product-limit estimate from the tenancies at risk and the exits by age, along the last axis."""
    alive = np.logical_and.accumulate(at_risk > 0, axis=-1)
    n, d = np.where(alive, at_risk, 1).astype(np.float64), np.where(alive, exits, 0).astype(np.float64)
    survival = np.cumprod(1 - d / n, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(d / (n * (n - d)), axis=-1)
        spread = ndtri(0.5 + CONFIDENCE / 2) * np.sqrt(variance) / np.abs(np.log(survival))
        lower, upper = survival ** np.exp(spread), survival ** np.exp(-spread)
    bounded = alive & (survival > 0) & (survival < 1)
    missing = np.nan
    return LifeTable(
        at_risk,
        exits,
        np.where(alive, survival, missing),
        np.where(bounded, lower, missing),
        np.where(bounded, upper, missing),
    )


def shown_ages(exits: Ints, threshold: int) -> NDArray[np.bool_]:
    """Return at which ages a curve may be drawn so that no step tells of fewer exits than the threshold.

    Steps are joined with the next ones until they have enough exits, or none: a curve and its risk set give each of
    its steps back. What remains at the end without enough is not drawn.
    """
    shown = np.zeros(exits.size, dtype=np.bool_)
    since = 0
    for age, left in enumerate(exits.tolist()):
        since += left
        if since == 0 or since >= threshold:
            shown[age], since = True, 0
    return shown
