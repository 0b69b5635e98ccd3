"""The pooled detector keeps its promise on false alarms, finds what there is, and says where it cannot tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.detection.calendar import Calendar
from streams.detection.pooled import Evidence, Options, Panel, pooled
from streams.detection.verdicts import Floats, Verdict
from tests.detection.panels import CALENDAR, MONTHS, drawn, means, panel

MONTHLY = Options.of(12)
LATE = np.arange(40, MONTHS)
LAST = np.array([MONTHS - 1])


def verdicts(found: Evidence) -> list[Verdict]:
    return [Verdict(one) for one in found.tested.verdict[:, -1].tolist()]


@pytest.mark.parametrize("phi", [1.3, 2.0])
def test_one_test_in_a_hundred_is_a_false_alarm(phi: float) -> None:
    found = [pooled(panel(105, 4, phi, seed), CALENDAR, MONTHLY, LATE) for seed in range(3)]
    share = np.mean([one.tested.alarm.mean() for one in found])
    assert 0.004 < share < 0.015
    assert np.mean([one.dispersion.mean() for one in found]) == pytest.approx(phi, rel=0.05)
    middle = np.concatenate([one.mid.ravel() for one in found])
    tenths = np.histogram(middle, 10, (0, 1))[0] / middle.size
    assert (abs(tenths - 0.1) < 0.025).all()


def test_dividing_by_no_coverage_is_no_way_to_test_what_is_covered_by_half() -> None:
    mean = means(105)
    rng = np.random.default_rng(5)
    coverage = rng.uniform(0.5, 1.0, mean.shape)
    counts = drawn(mean * coverage, 1.3, 6)
    told = pooled(Panel.of(counts, None, coverage), CALENDAR, MONTHLY, LATE).tested
    untold = pooled(Panel.of(counts), CALENDAR, MONTHLY, LATE).tested
    assert told.alarm.mean() < 0.015
    assert told.expected[:, -1] == pytest.approx(mean[:, -1] * coverage[:, -1], rel=0.35)
    assert (
        abs(told.expected / (mean * coverage)[:, LATE] - 1).mean()
        < abs(untold.expected / (mean * coverage)[:, LATE] - 1).mean()
    )


def test_departures_that_triple_for_three_months_are_found() -> None:
    quiet = panel(60, 6)
    counts = quiet.counts.copy()
    counts[0, -3:] = np.ceil(3 * means(60, 6)[0, -3:])
    found = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST)
    assert found.tested.verdict[0, 0] == Verdict.ALARM
    assert found.tested.p_value[0, 0] < 0.002
    assert found.summed[0, 0] < found.single[0, 0]


def test_an_incident_that_begins_does_not_explain_itself() -> None:
    counts = panel(30).counts.copy()
    before = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.expected
    counts[0, -2:] *= 5
    assert pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.expected == pytest.approx(before)


def test_a_past_outbreak_hardly_raises_the_expectation() -> None:
    counts = panel(30).counts.copy()
    before = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.expected[0, 0]
    counts[0, 40] += 60
    after = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.expected[0, 0]
    assert after == pytest.approx(before, rel=0.05)


def test_unusually_few_are_found_downward_only() -> None:
    counts = panel(60, 20).counts.copy()
    counts[0, -3:] = 0
    up = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested
    down = pooled(Panel.of(counts), CALENDAR, replace(MONTHLY, downward=True), LAST).tested
    assert (up.verdict[0, 0], down.verdict[0, 0]) == (Verdict.NORMAL, Verdict.ALARM)
    assert up.p_value[0, 0] > 0.9
    assert down.upper[0, 0] > 0


def test_the_bound_is_the_largest_count_that_raises_no_alarm_by_itself() -> None:
    still = panel(30, 5)
    bound = pooled(still, CALENDAR, MONTHLY, LAST).tested.upper[0, 0]
    for count, alarm in ((bound, False), (bound + 1, True)):
        counts = still.counts.copy()
        counts[0, -3:] = [0, 0, count]  # the sum of three months is small
        assert (pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.alarm[0, 0]) == alarm


def test_each_reason_for_saying_nothing_is_its_own() -> None:
    counts = panel(8).counts.copy()
    exposure, coverage = np.full_like(counts, 500.0), np.ones_like(counts)
    counts[0, -1] = np.nan
    counts[1, -1] = -2
    exposure[2, -1] = 0
    coverage[3, -1] = 0.49
    coverage[4, -1] = np.nan
    counts[5, :-20] = np.nan
    coverage[6, -1] = 0.5
    found = pooled(Panel(counts, exposure, coverage), CALENDAR, MONTHLY, LAST)
    assert verdicts(found)[:6] == [
        Verdict.NO_DATA,
        Verdict.NEGATIVE_COUNT,
        Verdict.EXPOSURE_ZERO,
        Verdict.COVERAGE_BELOW_HALF,
        Verdict.COVERAGE_MISSING,
        Verdict.TOO_LITTLE_HISTORY,
    ]
    assert found.tested.given[6:].all()
    for numbers in found.tested[:3]:
        assert np.isnan(numbers[:6]).all()
        assert np.isfinite(numbers[6:]).all()


def test_a_panel_of_zeros_has_no_verdict_and_a_series_of_zeros_among_others_has() -> None:
    nothing = pooled(Panel.of(np.zeros((3, MONTHS))), CALENDAR, MONTHLY, LAST)
    assert verdicts(nothing) == [Verdict.NO_EVENTS] * 3
    counts = panel(20).counts.copy()
    counts[0] = 0
    found = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested
    assert found.verdict[0, 0] == Verdict.NORMAL
    assert 0 < found.expected[0, 0] < 1


def test_gaps_are_not_zeros() -> None:
    still = panel(30, 8)
    counts = still.counts.copy()
    counts[:, 20:32] = np.nan
    whole = pooled(still, CALENDAR, MONTHLY, LAST).tested.expected
    holed = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested.expected
    assert holed == pytest.approx(whole, rel=0.3)
    assert abs((holed / whole).mean() - 1) < 0.1  # as zeros they would take away a fifth


@pytest.mark.parametrize(("frequency", "level"), [(12, 4.0), (12, 60.0), (52, 8.0)])
def test_a_series_by_itself_is_tested_too(frequency: int, level: float) -> None:
    periods = 7 * frequency
    calendar, options = Calendar(periods, frequency), replace(Options.of(frequency), alpha=0.05)
    season = 1 + 0.6 * np.cos(2 * np.pi * np.arange(periods) / frequency)
    tested = np.arange(4 * frequency, periods)
    shares, ratios = [], []
    for seed in range(6):
        counts = drawn(level * season[None, :], 1.5, seed)
        found = pooled(Panel.of(counts), calendar, options, tested).tested
        shares.append(found.alarm.mean())
        ratios.append((found.expected[0] / (level * season)[tested]).mean())
    assert 0.01 < np.mean(shares) < 0.08
    assert np.mean(ratios) == pytest.approx(1, abs=0.06)


def test_series_of_opposite_seasons_keep_their_own() -> None:
    months = np.arange(MONTHS)
    winter = 20 * (1 + 0.7 * np.cos(2 * np.pi * months / 12))
    summer = 20 * (1 - 0.7 * np.cos(2 * np.pi * months / 12))
    counts = drawn(np.stack([winter, summer] * 5), 1.3, 3)
    found = pooled(Panel.of(counts), CALENDAR, MONTHLY, np.array([60, 66])).tested.expected
    assert found[0::2, 0] / found[1::2, 0] == pytest.approx(np.full(5, 34 / 6), rel=0.4)
    assert found[1::2, 1] / found[0::2, 1] == pytest.approx(np.full(5, 34 / 6), rel=0.4)


def test_a_rise_that_all_share_is_followed() -> None:
    rising = means(40, 20) * np.exp(0.12 * (np.arange(MONTHS) - MONTHS) / 12)
    found = pooled(Panel.of(drawn(rising)), CALENDAR, MONTHLY, LAST).tested.expected
    assert (found[:, 0] / rising[:, -1]).mean() == pytest.approx(1, abs=0.05)


def test_too_few_events_of_late_is_no_alarm() -> None:
    counts = panel(30, 0.3).counts.copy()
    counts[0, -4:] = [0, 0, 0, 4]
    plain = pooled(Panel.of(counts), CALENDAR, MONTHLY, LAST).tested
    floored = pooled(Panel.of(counts), CALENDAR, replace(MONTHLY, recent=(5, 4)), LAST).tested
    assert (plain.verdict[0, 0], floored.verdict[0, 0]) == (Verdict.ALARM, Verdict.TOO_FEW_EVENTS)


def test_one_year_back_needs_one_year() -> None:
    monthly = Options.of(12, 1)
    tested = np.array([monthly.guard + 11, monthly.guard + 12])
    found = pooled(panel(20), CALENDAR, monthly, tested).tested
    assert (found.verdict[0, 0], found.given[0, 1]) == (Verdict.TOO_LITTLE_HISTORY, True)


def test_the_sum_may_not_take_what_the_model_was_fitted_to() -> None:
    with pytest.raises(ValueError, match="fitted"):
        pooled(panel(3), CALENDAR, replace(MONTHLY, guard=1), LAST)


def p_values(counts: Floats, exposure: Floats) -> Floats:
    return pooled(Panel.of(counts, exposure), CALENDAR, MONTHLY, LAST).tested.p_value


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 1000), series=st.integers(1, 12))
@example(seed=443, factor=1.0, series=8)
def test_the_unit_of_exposure_and_the_order_of_series_change_nothing(seed: int, factor: float, series: int) -> None:
    rng = np.random.default_rng(seed)
    exposure = rng.uniform(50, 2000, (series, MONTHS))
    counts = drawn(exposure * 0.008 + 0.01, 1.4, seed)
    before = p_values(counts, exposure)
    order = rng.permutation(series)
    np.testing.assert_allclose(p_values(counts, factor * exposure), before, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(p_values(counts[order], exposure[order]), before[order], rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_whatever_the_counts_each_value_has_its_numbers_or_its_reason(data: st.DataObject) -> None:
    series = data.draw(st.integers(1, 4))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    scale = data.draw(st.sampled_from([0.01, 1.0, 1e3, 1e9]))
    counts = np.round(rng.exponential(scale, (series, MONTHS)))
    counts[rng.random(counts.shape) < data.draw(st.sampled_from([0.0, 0.3, 0.9]))] = np.nan
    counts[rng.random(counts.shape) < 0.02] *= -1
    exposure = rng.choice([0.0, np.nan, 1.0, 1e6], counts.shape, p=[0.05, 0.05, 0.8, 0.1])
    coverage = rng.choice([0.2, np.nan, 0.7, 1.0], counts.shape, p=[0.05, 0.05, 0.2, 0.7])
    found = pooled(Panel(counts, exposure, coverage), CALENDAR, MONTHLY, np.arange(MONTHS)).tested
    for numbers in found[:3]:
        np.testing.assert_array_equal(np.isfinite(numbers), found.given)
    assert ((found.p_value[found.given] >= 0) & (found.p_value[found.given] <= 1)).all()
    assert (found.expected[found.given] > 0).all()
