"""One family of tests a month, floors, and levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from streams.detection.families import Level, Rules, benjamini_hochberg, levels


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_values_are_those_of_statsmodels(p: list[float]) -> None:
    assert benjamini_hochberg(np.array(p)) == pytest.approx(multipletests(p, method="fdr_bh")[1])


def test_what_has_no_verdict_is_in_no_family() -> None:
    p = np.array([0.001, np.nan, 0.04, np.nan, 0.5])
    q = benjamini_hochberg(p)
    assert np.isnan(q[[1, 3]]).all()
    assert q[[0, 2, 4]] == pytest.approx(benjamini_hochberg(p[[0, 2, 4]]))
    assert benjamini_hochberg(np.full(3, np.nan)).shape == (3,)


def level(p: float, count: float = 12, expected: float = 4, coverage: float = 1.0, others: int = 104) -> Level:
    rest = np.full(others, 0.5)
    found, _ = levels(
        np.array([p, *rest]),
        np.array([count, *rest]),
        np.array([expected, *rest]),
        np.array([coverage, *rest]),
    )
    return Level(int(found[0]))


def test_levels_and_their_floors() -> None:
    assert level(1e-4) is Level.ALERT
    assert level(0.009) is Level.WATCH  # not among the surest of 105
    assert level(0.009, others=0) is Level.ALERT
    assert level(0.011) is Level.NONE
    assert level(0.011, others=0) is Level.NONE  # whatever the family
    assert level(float("nan")) is Level.NO_VERDICT
    assert level(1e-4, count=4, expected=0.3) is Level.WATCH
    assert level(1e-4, count=140, expected=100) is Level.WATCH
    assert level(1e-4, coverage=0.49) is Level.WATCH


def test_downward_it_is_the_expectation_that_must_be_large() -> None:
    p, ones = np.array([1e-4, 1e-4, 1e-4]), np.ones(3)
    count, expected = np.array([1.0, 1.0, 9.0]), np.array([12.0, 4.0, 12.0])
    found, q = levels(p, count, expected, ones, downward=np.array(True))
    assert found.tolist() == [Level.ALERT, Level.WATCH, Level.WATCH]
    assert q == pytest.approx(benjamini_hochberg(p))


def test_a_stricter_rate_of_discovery_gives_fewer_alerts() -> None:
    p = np.array([0.0005, 0.008, 0.9])
    ones = np.ones(3)
    wide, strict = (levels(p, 20 * ones, 5 * ones, ones, Rules(discovery=rate))[0] for rate in (0.1, 0.001))
    assert (wide == Level.ALERT).sum() == 2
    assert (strict == Level.ALERT).sum() == 0
