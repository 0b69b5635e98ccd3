"""Intervals without a library are those of scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, poisson

from schemas.indicators.intervals import EXACT_UP_TO, poisson_interval, wilson_interval


def garwood(count: int) -> tuple[float, float]:
    lower = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return lower, chi2.ppf(0.975, 2 * count + 2) / 2


@pytest.mark.parametrize("count", range(EXACT_UP_TO + 1))
def test_a_small_count_has_the_exact_interval(count: int) -> None:
    assert poisson_interval(count) == pytest.approx(garwood(count), rel=1e-12)


@given(st.integers(EXACT_UP_TO + 1, 2_000_000))
def test_a_large_count_has_the_exact_interval_to_seven_figures(count: int) -> None:
    assert poisson_interval(count) == pytest.approx(garwood(count), rel=3e-8)


def test_no_count_above_the_exact_ones_is_off_by_more_than_is_documented() -> None:
    worst = max(
        abs(ours / theirs - 1)
        for count in range(EXACT_UP_TO + 1, 5_000)
        for ours, theirs in zip(poisson_interval(count), garwood(count), strict=True)
    )
    assert worst < 3e-8


@given(st.floats(0.05, 300))
def test_the_interval_covers_the_true_mean_at_least_95_times_in_100(mean: float) -> None:
    counts = range(int(mean + 12 * mean**0.5 + 20))
    covered = sum(poisson.pmf(n, mean) for n in counts if poisson_interval(n)[0] <= mean <= poisson_interval(n)[1])
    assert covered >= 0.95 - 1e-9


@given(st.integers(1, 5_000), st.floats(0, 1))
def test_a_share_has_wilsons_interval(among: int, part: float) -> None:
    count = round(part * among)
    theirs = binomtest(count, among).proportion_ci(method="wilson")
    assert wilson_interval(count, among) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(("count", "among"), [(-1, 10), (11, 10), (0, 0)])
def test_a_share_that_is_none_is_refused(count: int, among: int) -> None:
    with pytest.raises(ValueError, match="share"):
        wilson_interval(count, among)


def test_a_negative_count_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        poisson_interval(-1)
