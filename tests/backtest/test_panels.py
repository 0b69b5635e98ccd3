"""Panels that are drawn, disturbed and struck by a seed: what they hold, and that nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from streams.backtest.calm import Calm, calm
from streams.backtest.disturbances import (
    COVERED,
    LATE_PERIODS,
    with_corrections,
    with_coverage,
    with_late_batches,
    with_stock_steps,
)
from streams.backtest.draws import by_size, counts, modelled, redrawn
from streams.backtest.incidents import Precision, add_precision, caught, struck
from streams.backtest.measured import kinds, measure
from streams.backtest.recombine import recombine
from streams.detection.pooled import Options, Panel
from streams.detection.verdicts import Verdict
from tests.backtest.made import CALENDAR, DETECTOR, MONTHS, RATE, SERIES, TESTED, quiet

STARTS = np.array([30, 40, 50])


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("phi", [1.0, 1.3, 2.0])
def test_counts_have_the_mean_and_the_variance_that_are_asked_for(phi: float) -> None:
    drawn = counts(rng(), np.full((400, 400), 5.0), phi)
    assert drawn.mean() == pytest.approx(5.0, rel=0.01)
    assert drawn.var() == pytest.approx(5.0 * phi, rel=0.02)
    assert counts(rng(), np.zeros((3, 3)), phi).sum() == 0


def test_series_have_each_its_own_dispersion() -> None:
    drawn = counts(rng(), np.full((2, 200_000), 5.0), np.array([[1.0], [2.0]]))
    assert drawn.var(axis=1) == pytest.approx([5.0, 10.0], rel=0.03)


def test_what_is_not_known_of_a_panel_stays_unknown_in_what_is_drawn_anew() -> None:
    source = quiet()
    gaps = source.panel.counts.copy()
    gaps[3, 10:20] = np.nan
    found = modelled(replace(source.panel, counts=gaps), CALENDAR, Options.of(12))
    assert found is not None
    drawn = redrawn(rng(), found).panel.counts
    assert np.array_equal(np.isnan(drawn), np.isnan(gaps))
    assert np.nanmean(drawn) == pytest.approx(RATE, rel=0.05)
    assert (drawn != gaps).any()


def test_a_panel_without_event_has_no_model() -> None:
    assert modelled(Panel.of(np.zeros((3, MONTHS))), CALENDAR, Options.of(12)) is None


def test_a_stock_that_steps_takes_its_departures_with_it_and_says_so() -> None:
    source = quiet()
    found = with_stock_steps(rng(), source)
    stepped = found.panel.exposure < 1
    assert 0.1 < stepped.any(axis=1).mean() < 0.6
    assert found.panel.counts[stepped].mean() == pytest.approx(0.7 * RATE, rel=0.1)
    assert np.array_equal(found.panel.counts[~stepped], source.panel.counts[~stepped])


def test_what_is_not_declared_is_missing_from_counts_and_from_coverage() -> None:
    found = with_coverage(rng(), quiet())
    assert found.panel.coverage.mean() == pytest.approx(COVERED, abs=0.01)
    assert found.panel.counts.mean() == pytest.approx(COVERED * RATE, rel=0.05)


def test_a_late_batch_is_in_its_months_if_coverage_is_told_else_in_the_month_of_its_arrival() -> None:
    source = quiet()
    told, untold = (with_late_batches(rng(), source, TESTED[:-8], told=one).panel for one in (True, False))
    silent = told.coverage < 1
    late = silent.any(axis=1)
    assert (silent.sum(axis=1)[late] == LATE_PERIODS).all()
    assert np.array_equal(told.counts[~silent], source.panel.counts[~silent])
    assert (untold.coverage == 1).all()
    assert untold.counts.sum() == source.panel.counts.sum(), "nothing is lost: it comes later"
    moved = untold.counts - told.counts
    first = np.flatnonzero(late)[0]
    assert np.flatnonzero(moved[first]).tolist() == [np.flatnonzero(silent[first])[-1] + 1]


def test_what_corrections_take_below_zero_has_no_verdict_and_is_no_alarm() -> None:
    found = with_corrections(rng(), quiet()).panel
    judged = DETECTOR(found, TESTED).tested
    negative = found.counts[:, TESTED] < 0
    assert negative.any()
    assert (judged.verdict[negative] == Verdict.NEGATIVE_COUNT).all()
    assert not (judged.alarm & negative).any()


def test_where_nothing_happens_alarms_are_rare_unless_a_late_batch_is_not_told() -> None:
    source = quiet()
    found = {name: Calm(0.01) for name in kinds(TESTED)}
    for name, make in kinds(TESTED).items():
        for draw in range(4):
            panel = make(rng(draw), source).panel
            found[name].add(panel, DETECTOR(panel, TESTED), TESTED)
        assert found[name].alarms.tests > 4_000
    shares = {name: one.alarms.percent for name, one in found.items()}
    untold = shares.pop("batches untold")
    assert all(0.2 < share < 1.5 for share in shares.values()), shares
    assert untold > 1.5 * shares["batches"]
    assert found["batches untold"].alerts > 2 * found["batches"].alerts


def test_mid_p_is_even_where_the_model_is_right() -> None:
    total = Calm(0.01)
    for draw in range(6):
        panel = redrawn(rng(draw), quiet()).panel
        total.add(panel, DETECTOR(panel, TESTED), TESTED)
    values = total.histograms["5 to 20"] + total.histograms["1 to 5"]
    assert values.sum() == total.alarms.tests
    assert values / values.sum() == pytest.approx(np.full(10, 0.1), abs=0.02)


def test_counts_fall_in_one_size_each() -> None:
    expected = np.array([0.2, 1.0, 4.9, 5.0, 20.0, 900.0, np.nan])
    found = by_size(expected)
    assert [int(where.sum()) for where in found.values()] == [1, 2, 1, 2]


def test_an_incident_adds_what_it_should_and_where_it_should() -> None:
    source = quiet()
    where = np.zeros((SERIES, MONTHS), dtype=bool)
    where[10:30, 30:40] = True
    found = struck(rng(), source, where, 3.0).counts
    assert np.array_equal(found[~where], source.panel.counts[~where])
    assert found[where].mean() == pytest.approx(3 * RATE, rel=0.1)


def test_the_greater_and_the_longer_an_incident_the_more_often_it_is_found() -> None:
    found = {
        (factor, length): caught(rng(), DETECTOR, quiet(), STARTS, factor, length, 0.01)
        for factor in (1.5, 3.0)
        for length in (1, 3)
    }
    shares = {key: one.alarm.percent for key, one in found.items()}
    assert shares[1.5, 1] < shares[1.5, 3] < shares[3.0, 3]
    assert shares[3.0, 1] < shares[3.0, 3]
    assert shares[3.0, 3] > 90
    for one in found.values():
        assert one.alarm.tests == len(STARTS) * SERIES
        assert one.alert.hits <= one.alarm.hits == sum(one.delays.values())
        assert set(one.delays) <= set(range(one.length))
    assert found[1.5, 3].mean_delay > found[3.0, 3].mean_delay


def test_great_incidents_make_alerts_right_and_no_incident_makes_none_right() -> None:
    great, none = Precision(4.0, 3), Precision(1.0, 3)
    for draw in range(4):
        for one in (great, none):
            add_precision(one, rng(draw), DETECTOR, quiet(), TESTED, 0.01)
    assert great.right.percent > 80
    assert great.found.percent > 80
    assert none.right.hits <= 2
    assert none.found.percent < 5


def test_an_event_that_is_moved_a_year_is_found_where_it_was_put_and_not_where_it_was() -> None:
    source = quiet()
    values = source.panel.counts.copy()
    values[4, 35] = 40
    panel = replace(source.panel, counts=values)
    _, judged = calm(DETECTOR, panel, TESTED, 0.0001)
    found = recombine(DETECTOR, panel, judged, TESTED, 0.0001, 12)
    assert (found.episodes, found.moved, found.found, found.left) == (1, 1, 1, 0)
    late = source.panel.counts.copy()
    late[4, MONTHS - 1] = 40
    panel = replace(source.panel, counts=late)
    _, judged = calm(DETECTOR, panel, TESTED, 0.0001)
    assert recombine(DETECTOR, panel, judged, TESTED, 0.0001, 12).found == 1, "earlier, where there is no later"


def test_the_same_seed_gives_the_same_figures() -> None:
    shares: list[float] = []
    first, again, other = (measure(DETECTOR, quiet(), TESTED[-8:], 0.01, 12, seed, shares.append) for seed in (1, 1, 2))
    assert str(first) == str(again) != str(other)
    assert max(shares) == 1.0
    assert shares == sorted(shares[: len(shares) // 3]) * 3
