"""Rounded counts add up, are within a base of the truth, and say no more in a difference."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.publication.rounding import phases, rounded

SERIES = st.lists(st.integers(0, 30), min_size=1, max_size=40)


@given(SERIES, st.integers(0, 4))
def test_every_window_is_a_multiple_within_a_base_of_the_truth(series: list[int], phase: int) -> None:
    x = np.array([series])
    told = rounded(x, np.array([phase]), 5)
    for first in range(len(series)):
        for last in range(first, len(series)):
            window = int(told[0, first : last + 1].sum())
            assert window % 5 == 0
            assert abs(window - int(x[0, first : last + 1].sum())) < 5


@given(SERIES)
def test_a_month_fewer_or_more_is_told_the_same_under_some_phase(series: list[int]) -> None:
    told = {tuple(rounded(np.array([series]), np.array([phase]), 5)[0].tolist()) for phase in range(5)}
    more = [*series[:-1], series[-1] + 1]
    again = {tuple(rounded(np.array([more]), np.array([phase]), 5)[0].tolist()) for phase in range(5)}
    assert told & again


def test_phases_are_the_same_each_time_and_differ_with_the_key() -> None:
    names = [f"departures {number} False" for number in range(200)]
    assert (phases(b"a", names, 5) == phases(b"a", names, 5)).all()
    assert (phases(b"a", names, 5) != phases(b"b", names, 5)).any()
    assert set(phases(b"a", names, 5).tolist()) == set(range(5))
