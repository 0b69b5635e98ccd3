"""Farrington Flexible beyond what R answers: gaps, reasons for no verdict, options that cannot go together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detection.calendar import Calendar
from streams.detection.farrington import Options, farrington
from streams.detection.verdicts import Verdict

WEEKLY = Calendar(330, 52)
LAST = np.array([329])


def series(level: float, seed: int = 1, periods: int = 330) -> "np.typing.NDArray[np.float64]":
    return np.random.default_rng(seed).poisson(level, (1, periods)).astype(np.float64)


def test_an_outbreak_is_an_alarm_and_its_bound_is_below() -> None:
    counts = series(8)
    counts[0, -1] = 40
    found = farrington(counts, None, WEEKLY, Options(), LAST)
    assert found.verdict[0, 0] == Verdict.ALARM
    assert found.upper[0, 0] < 40
    assert found.p_value[0, 0] < 0.05


def test_before_the_references_begin_there_is_no_verdict() -> None:
    first = 5 * 52 + 3
    found = farrington(series(8), None, WEEKLY, Options(), np.array([first - 1, first]))
    assert found.verdict[0].tolist() == [Verdict.TOO_LITTLE_HISTORY, Verdict.NORMAL]
    assert np.isnan(found.upper[0, 0])


def test_missing_references_are_left_out_and_too_many_are_too_many() -> None:
    whole = series(8)
    gap = whole.copy()
    gap[0, 330 - 52 - 4 : 330 - 52 + 2] = np.nan
    before, after = (farrington(one, None, WEEKLY, Options(trend=False), LAST) for one in (whole, gap))
    assert after.verdict[0, 0] == Verdict.NORMAL
    assert after.expected[0, 0] == pytest.approx(before.expected[0, 0], rel=0.15)
    assert after.expected[0, 0] != before.expected[0, 0]
    gap[0, : 330 - 60] = np.nan
    assert farrington(gap, None, WEEKLY, Options(), LAST).verdict[0, 0] == Verdict.TOO_LITTLE_HISTORY
    whole[0, -1] = np.nan
    assert farrington(whole, None, WEEKLY, Options(), LAST).verdict[0, 0] == Verdict.NO_DATA


def test_zeros_have_no_verdict_and_events_after_years_of_none_are_an_alarm() -> None:
    counts = np.zeros((2, 330))
    counts[1, -1] = 6
    found = farrington(counts, None, WEEKLY, Options(), LAST)
    assert found.verdict[:, 0].tolist() == [Verdict.NO_EVENTS, Verdict.ALARM]


def test_fewer_than_five_in_four_weeks_are_no_alarm() -> None:
    counts = series(0.1, 3)
    counts[0, -4:] = [0, 0, 0, 4]
    for recent, verdict in (((5, 4), Verdict.TOO_FEW_EVENTS), ((4, 4), Verdict.ALARM), ((0, 1), Verdict.ALARM)):
        assert farrington(counts, None, WEEKLY, Options(recent=recent), LAST).verdict[0, 0] == verdict


def test_a_stock_that_doubles_is_no_alarm_when_it_is_told() -> None:
    exposure = np.where(np.arange(330) < 310, 100.0, 220.0)[None, :]
    counts = np.random.default_rng(4).poisson(0.2 * exposure).astype(np.float64)
    counts[0, -1] = 44
    told, untold = (farrington(counts, one, WEEKLY, Options(alpha=0.001), LAST) for one in (exposure, None))
    assert (told.verdict[0, 0], untold.verdict[0, 0]) == (Verdict.NORMAL, Verdict.ALARM)


@pytest.mark.parametrize(("options", "said"), [(Options(half_window=26), "overlap"), (Options(seasons=47), "cut into")])
def test_what_a_year_cannot_hold_is_refused(options: Options, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        farrington(series(5), None, WEEKLY, options, LAST)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), threshold=st.sampled_from(["delta", "nbPlugin", "muan"]))
def test_a_series_is_tested_by_itself_whatever_is_beside_it(seed: int, threshold: str) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.uniform(0.2, 30, (5, 1)), (5, 330)).astype(np.float64)
    options = Options(threshold=threshold, seasons=int(rng.integers(1, 8)))  # type: ignore[arg-type]
    tested = np.arange(320, 330)
    together = farrington(counts, None, WEEKLY, options, tested)
    for number in range(5):
        alone = farrington(counts[number : number + 1], None, WEEKLY, options, tested)
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], other[number], rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), level=st.sampled_from([0.02, 1.0, 1e4]))
def test_whatever_the_counts_each_value_has_its_numbers_or_its_reason(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    counts = np.round(rng.exponential(level, (3, 330)))
    counts[rng.random(counts.shape) < 0.2] = np.nan
    options = Options(
        threshold=rng.choice(["delta", "nbPlugin", "muan"]),
        seasons=int(rng.integers(1, 12)),
        years_back=int(rng.integers(1, 6)),
        half_window=int(rng.integers(0, 5)),
    )
    found = farrington(counts, None, WEEKLY, options, np.arange(250, 330))
    np.testing.assert_array_equal(np.isfinite(found.p_value), found.given)
    np.testing.assert_array_equal(np.isfinite(found.expected), found.given)
    np.testing.assert_array_equal(np.isfinite(found.upper), found.given & (found.verdict != Verdict.TOO_FEW_EVENTS))
