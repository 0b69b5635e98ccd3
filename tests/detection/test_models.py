"""The parts that detectors stand on, each against another program or a truth that is known."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from streams.detection import negative_binomial, quasipoisson
from streams.detection.panel_model import History, attenuation, fit, outlier_weights, rate_distribution
from streams.detection.verdicts import Floats


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), sloped=st.booleans(), seasons=st.integers(1, 5))
def test_many_regressions_at_once_are_each_that_of_statsmodels(seed: int, sloped: bool, seasons: int) -> None:
    rng = np.random.default_rng(seed)
    fits, n = 3, 60
    time, season = np.tile(np.arange(n, dtype=np.float64), (fits, 1)), rng.integers(0, seasons, (fits, n))
    season[:, :seasons] = np.arange(seasons)
    count, exposure = rng.poisson(rng.uniform(2, 40, (fits, 1)), (fits, n)).astype(np.float64), rng.uniform(1, 9, n)
    weight = rng.choice([0.0, 0.3, 1.0], (fits, n), p=[0.1, 0.2, 0.7])
    weight[:, :seasons] = 1
    data = quasipoisson.Observations(count, time, season, np.tile(np.log(exposure), (fits, 1)), weight)
    found = quasipoisson.fit(data, seasons, sloped)
    eta, variance = quasipoisson.predict(found, seasons - 1, np.full(fits, 70.0), np.zeros(fits))
    for row in range(fits):
        used = weight[row] > 0
        design = np.column_stack([season[row] == one for one in range(seasons)]).astype(float)
        point = np.zeros(seasons + sloped)
        point[seasons - 1] = 1
        if sloped:
            design, point[-1] = np.column_stack([design, time[row]]), 70.0
        model = sm.GLM(
            count[row][used],
            design[used],
            sm.families.Poisson(),
            offset=np.log(exposure)[used],
            var_weights=weight[row][used],
        ).fit(tol=1e-12)
        assert found.mean[row][used] == pytest.approx(model.fittedvalues, rel=1e-5)
        assert found.dispersion[row] == pytest.approx(model.pearson_chi2 / model.df_resid, rel=1e-4)
        assert eta[row] == pytest.approx(point @ model.params, abs=1e-5)
        assert variance[row] == pytest.approx(point @ model.normalized_cov_params @ point, rel=1e-3)
        assert found.leverage[row][used] == pytest.approx(model.get_influence().hat_matrix_diag, rel=1e-3)


@pytest.mark.parametrize(("mean", "variance"), [(0.3, 0.5), (5.0, 6.5), (80.0, 400.0)])
def test_chances_are_those_of_the_negative_binomial_and_bounds_are_tight(mean: float, variance: float) -> None:
    m, v = np.array([mean]), np.array([variance])
    y = np.arange(0, int(mean * 12) + 30, dtype=np.float64)
    chance = negative_binomial.exactly(y, m, v)
    assert chance.sum() == pytest.approx(1, abs=1e-6)
    assert (chance * y).sum() == pytest.approx(mean, rel=1e-4)
    assert (chance * (y - mean) ** 2).sum() == pytest.approx(variance, rel=1e-3)
    assert negative_binomial.at_least(y, m, v) + negative_binomial.at_most(y - 1, m, v) == pytest.approx(
        np.ones(len(y))
    )
    bound = negative_binomial.upper_bound(np.array([0.01]), m, v)
    assert negative_binomial.at_least(bound + 1, m, v) <= 0.01 < negative_binomial.at_least(bound, m, v)


def test_a_variance_not_above_the_mean_is_poissons() -> None:
    y = np.arange(20.0)
    same = negative_binomial.at_least(y, np.full(20, 4.0), np.full(20, 3.0))
    assert same == pytest.approx(stats.poisson.sf(y - 1, 4.0), rel=1e-5)


@pytest.mark.parametrize("shape", [2.0, 16.0])
def test_the_distribution_of_rates_is_found(shape: float) -> None:
    rng = np.random.default_rng(3)
    at_unit_rate = rng.uniform(500, 40_000, 2000)
    events = rng.poisson(at_unit_rate * rng.gamma(shape, 0.0075 / shape, 2000)).astype(np.float64)
    a, b = rate_distribution(events, at_unit_rate)
    assert a == pytest.approx(shape, rel=0.15)
    assert a / b == pytest.approx(0.0075, rel=0.05)


def test_of_few_series_little_is_said_of_the_others() -> None:
    a, b = rate_distribution(np.array([40.0, 60.0]), np.array([10.0, 10.0]))
    assert (a, a / b) == (0.5, pytest.approx(5.0))


def drawn(mean: Floats, phi: float, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).negative_binomial(mean / (phi - 1), 1 / phi).astype(np.float64)


@pytest.mark.parametrize("phi", [1.3, 3.0])
def test_what_the_weights_take_is_given_back(phi: float) -> None:
    mean = np.full((1, 200_000), 4.0)
    y = drawn(mean, phi)
    weight = outlier_weights(y, mean, phi)
    of_mean, of_square = attenuation(mean, weight, phi)
    assert (weight * y).sum() / weight.sum() == pytest.approx(4 * of_mean[0, 0], rel=0.01)
    assert (weight * (y - 4) ** 2).sum() / weight.sum() == pytest.approx(4 * phi * of_square, rel=0.03)
    assert of_square < 0.97


def history(mean: Floats, phi: float = 1.5) -> History:
    periods = mean.shape[1]
    months = np.arange(periods)
    return History(drawn(mean, phi), np.ones_like(mean), months % 12, (months - periods) / 12, 12, 0)


def test_rates_seasons_slope_and_dispersion_are_found_together() -> None:
    rng = np.random.default_rng(2)
    season = 1 + 0.4 * np.sin(2 * np.pi * np.arange(60) / 12)
    rate = rng.gamma(9, 3.0, 80)
    mean = rate[:, None] * season * np.exp(0.2 * (np.arange(60) - 60) / 12)
    found = fit(history(mean))
    assert found.common_dispersion == pytest.approx(1.5, rel=0.05)
    assert found.slope.mean() == pytest.approx(0.2, abs=0.02)
    assert np.abs(found.season.mean(axis=0) / found.season.mean() - season[:12]).max() < 0.06
    total, variance = found.predict(np.ones((80, 1)), np.array([0]), np.array([0.0]))
    assert (total / rate).mean() == pytest.approx(1, abs=0.02)
    assert (variance > found.common_dispersion * total * 0.999).all()


def test_where_nothing_differs_everything_is_shrunk_away() -> None:
    found = fit(history(np.full((80, 60), 6.0)))
    assert np.abs(found.season - 1).max() < 0.1
    assert found.slope == pytest.approx(np.zeros(80))
    assert found.rate.std() / found.rate.mean() < 0.05
    assert found.shape > 50


def test_dispersions_that_differ_are_told_and_those_that_do_not_are_one() -> None:
    mean = np.full((40, 60), 12.0)
    same = fit(history(mean, 2.0))
    assert same.dispersion == pytest.approx(np.full(40, same.common_dispersion))
    both = history(mean, 1.2)
    both.count[20:] = drawn(mean[20:], 6.0, 9)
    found = fit(both)
    assert np.median(found.dispersion[:20]) < 2
    assert 4.5 < np.median(found.dispersion[20:]) < 6.5
    assert 3 < found.common_dispersion < 4.2
