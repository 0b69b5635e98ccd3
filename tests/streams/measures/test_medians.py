"""Medians over 12 months: those of the values themselves, with an interval that holds as often as it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from streams.measures.medians import Histogram, Medians, low_ranks, window_medians

Event = tuple[int, int, int, int]
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(-15, 12), st.integers(0, 40), st.integers(1, 3)), max_size=60
)
WINDOWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=20)


def medians(events: list[Event], windows: list[tuple[int, int]]) -> Medians:
    group, month = np.array(windows, dtype=np.int64).T
    return window_medians(Histogram(*np.array(events, dtype=np.int64).reshape(-1, 4).T), group, month)


@given(events=EVENTS, windows=WINDOWS)
def test_each_window_has_the_quantiles_of_the_values_of_its_twelve_months(
    events: list[Event], windows: list[tuple[int, int]]
) -> None:
    found = medians(events, windows)
    for end, (group, last) in enumerate(windows):
        values = [
            value for of, month, value, n in events if of == group and last - 12 < month <= last for _ in range(n)
        ]
        assert found.n[end] == len(values)
        if not values:
            assert np.isnan([found.median[end], found.q1[end], found.q3[end], found.lower[end]]).all()
            continue
        expected = np.quantile(values, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
        assert [found.q1[end], found.median[end], found.q3[end]] == expected.tolist()
        assert found.median[end] == np.median(values)


def test_the_interval_is_between_the_order_statistics_of_the_tables() -> None:
    # Conover 1999, and any table of the sign test: n = 10 takes the 2nd and the 9th value, n = 25 the 8th and 18th.
    for n, low in ((6, 1), (10, 2), (25, 8), (100, 40)):
        found = medians([(0, 0, value, 1) for value in range(1, n + 1)], [(0, 0)])
        assert (found.lower[0], found.upper[0]) == (low, n + 1 - low)


def test_under_six_values_there_is_no_interval() -> None:
    found = medians([(0, 0, value, 1) for value in range(5)], [(0, 0)])
    assert found.median[0] == 2
    assert np.isnan(found.lower[0])
    assert np.isnan(found.upper[0])


@pytest.mark.parametrize("n", [6, 11, 40, 1000])
def test_the_interval_holds_the_median_in_95_cases_of_100_and_one_narrower_would_not(n: int) -> None:
    rank = int(low_ranks(n)[n])
    assert 1 - 2 * binom.cdf(rank - 1, n, 0.5) >= 0.95
    assert 1 - 2 * binom.cdf(rank, n, 0.5) < 0.95
