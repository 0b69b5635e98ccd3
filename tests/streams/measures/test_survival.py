"""Survival of tenancies on grouped data: that of the individual tenancies, where ages are whole years."""

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.duration.survfunc import SurvfuncRight

from streams.measures.survival import (
    OLDEST,
    LifeTable,
    Observed,
    all_cohorts,
    each_cohort,
    life_table,
    observe,
)

FIRST, YEARS = 2015, 8
Ints = NDArray[np.int64]


def simulated(seed: int, size: int = 4000) -> tuple[Ints, Ints]:
    """Return the years in which tenancies began and ended, many short ones and some very long."""
    rng = np.random.default_rng(seed)
    began = FIRST - 25 + rng.integers(0, 25 + YEARS, size)
    lasted = np.minimum(rng.geometric(np.where(rng.random(size) < 0.4, 0.35, 0.06)) - 1, OLDEST - 1)
    return began, began + lasted


def grouped(began: Ints, ended: Ints) -> Observed:
    """Count what a landlord would send: running tenancies on each 1 January, departures over each year."""
    running, exits = (np.zeros((YEARS, OLDEST + 1), dtype=np.int64) for _ in range(2))
    following = np.zeros(YEARS, dtype=np.int64)
    for row in range(YEARS):
        year = FIRST + row
        for age in range(OLDEST + 1):
            cohort = began == year - age
            running[row, age] = (cohort & (ended >= year)).sum() if age else 0
            exits[row, age] = (cohort & (ended == year)).sum()
        following[row] = ((began == year) & (ended > year)).sum()
    return observe(running, exits, following)


def individual(began: Ints, ended: Ints) -> SurvfuncRight:
    """Return the estimate of statsmodels from each tenancy: those that were there before enter late."""
    seen = ended >= FIRST
    began, ended = began[seen], ended[seen]
    last = FIRST + YEARS - 1
    return SurvfuncRight(
        np.minimum(ended, last) - began, (ended <= last).astype(int), entry=np.maximum(FIRST - began, 0) - 1
    )


def at_events(table: LifeTable) -> Ints:
    return np.flatnonzero(table.exits > 0)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_estimate_of_the_individual_tenancies(seed: int) -> None:
    began, ended = simulated(seed)
    table, expected = all_cohorts(grouped(began, ended)), individual(began, ended)
    ages = at_events(table)
    assert ages.tolist() == expected.surv_times.tolist()
    assert table.at_risk[ages].tolist() == expected.n_risk.tolist()
    assert table.exits[ages].tolist() == expected.n_events.tolist()
    np.testing.assert_allclose(table.survival[ages], expected.surv_prob, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_is_that_of_statsmodels_on_the_same_scale(seed: int) -> None:
    began, ended = simulated(seed)
    table, expected = all_cohorts(grouped(began, ended)), individual(began, ended)
    ages = at_events(table)
    log = np.log(expected.surv_prob)
    spread = 1.959963984540054 * expected.surv_prob_se / expected.surv_prob / np.abs(log)
    np.testing.assert_allclose(table.lower[ages], np.exp(log * np.exp(spread)), rtol=1e-9)
    np.testing.assert_allclose(table.upper[ages], np.exp(log * np.exp(-spread)), rtol=1e-9)


def test_a_cohort_followed_from_its_beginning_is_a_plain_product() -> None:
    began, ended = simulated(9)
    observed = grouped(began, ended)
    survival = each_cohort(observed).survival[2]
    cohort = began == FIRST + 2
    for age in range(YEARS - 2):
        assert survival[age] == pytest.approx((ended[cohort] > FIRST + 2 + age).mean(), rel=1e-12)
    assert np.isnan(survival[YEARS - 2 :]).all()


def test_many_territories_are_estimated_at_once_as_one_by_one() -> None:
    several = [grouped(*simulated(seed)) for seed in range(3)]
    together = Observed(*(np.stack(counts) for counts in zip(*several, strict=True)))
    for estimate in (all_cohorts, each_cohort):
        for index, one in enumerate(several):
            for found, expected in zip(estimate(together), estimate(one), strict=True):
                np.testing.assert_array_equal(found[index], expected)


def test_a_stock_smaller_than_its_exits_gives_no_negative_survival() -> None:
    table = all_cohorts(observe(np.array([[0, 3]]), np.array([[0, 7]]), np.array([10])))
    assert table.at_risk.tolist() == [10, 7]
    assert table.survival.tolist() == [1, 0]


def test_the_curve_ends_where_nobody_is_at_risk() -> None:
    table = life_table(np.array([10, 0, 5]), np.array([2, 0, 1]))
    assert table.survival[0] == pytest.approx(0.8)
    assert np.isnan(table.survival[1:]).all()
