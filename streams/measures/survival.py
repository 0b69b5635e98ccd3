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

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OLDEST = 40
"""Years: older tenancies are few, and their beginnings are often those of a transfer of data."""
CONFIDENCE = 0.95


class LifeTable(NamedTuple):
    """By age 0, 1, 2 ...: NaN where no tenancy of that age, or of an age before it, was at risk.

    `lower` and `upper` are NaN too where nobody has left yet, or everybody.
    """

    at_risk: Ints
    exits: Ints
    survival: Floats
    lower: Floats
    upper: Floats


class Observed(NamedTuple):
    """Tenancies by year (rows) and age 0 .. OLDEST in that year (columns)."""

    at_risk: Ints
    exits: Ints


def observe(running: Ints, exits: Ints, following: Ints) -> Observed:
    """Return the risk sets and exits, by year and age, from counts by year and age of the same landlord-years.

    `running` on 1 January: age 0 is empty. `exits` over the year. `following`, by year: tenancies that began in it and
    run on 1 January of the next; below 0 where that is not known, and then age 0 of that year is not observed.
    What left a group that is said to be smaller than its exits is counted as having been at risk.
    """
    at_risk, left = np.maximum(running, exits), exits.copy()
    at_risk[:, 0] = np.where(following >= 0, following + exits[:, 0], 0)
    left[:, 0] = np.where(following >= 0, exits[:, 0], 0)
    return Observed(at_risk, left)


def all_cohorts(observed: Observed) -> LifeTable:
    """Return the survival of all tenancies as observed over the years: each age as of those who had it."""
    return life_table(observed.at_risk.sum(axis=0), observed.exits.sum(axis=0))


def one_cohort(observed: Observed, row: int) -> LifeTable:
    """Return the survival of the tenancies that began in the year of a row, as far as they are observed without a gap.

    Followed from their beginning on: of an older cohort only those would be known who stayed until the first year.
    """
    ages = np.arange(min(observed.at_risk.shape[0] - row, observed.at_risk.shape[1]))
    return life_table(observed.at_risk[row + ages, ages], observed.exits[row + ages, ages])


def life_table(at_risk: Ints, exits: Ints) -> LifeTable:
    """Return the product-limit estimate from the tenancies at risk and the exits of each age from 0 on."""
    alive = np.logical_and.accumulate(at_risk > 0)
    n, d = np.where(alive, at_risk, 1).astype(np.float64), np.where(alive, exits, 0).astype(np.float64)
    survival = np.cumprod(1 - d / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(d / (n * (n - d)))
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
