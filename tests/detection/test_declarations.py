"""Who has fallen silent, who sends the past at once, who counts it twice."""

from datetime import date

import numpy as np

from streams.detection.declarations import burst, rekeyed, silence

TODAY = date(2026, 11, 28).toordinal()


def test_a_landlord_is_silent_when_its_declaration_is_late_not_before() -> None:
    through = np.array([TODAY - 30, TODAY - 40, TODAY - 41, TODAY - 130, 0])
    assert silence(through, np.full(5, 30), TODAY).tolist() == [0, 0, 1, 90, 0]


def test_each_landlord_has_its_own_pace() -> None:
    assert silence(np.full(2, TODAY - 80), np.array([30, 91]), TODAY).tolist() == [40, 0]


def test_many_old_moves_at_once_are_a_burst_by_the_landlords_own_measure() -> None:
    rng = np.random.default_rng(1)
    usual = rng.poisson(np.array([[2], [60]]), (2, 24))
    found, chance = burst(np.column_stack([usual, [45, 70]]))
    assert found.tolist() == [True, False]
    assert chance[0] < 1e-6 < chance[1]


def test_few_moves_are_no_burst_and_without_history_nothing_is_said() -> None:
    assert burst(np.array([[0] * 24 + [12]]))[0].tolist() == [False]
    found, chance = burst(np.array([[0, 0, 500]]))
    assert (found.tolist(), np.isnan(chance).all()) == ([False], True)


def test_a_past_sent_again_under_new_identities_is_told_from_a_catch_up() -> None:
    rng = np.random.default_rng(2)
    held = rng.poisson(9, (3, 24)) + 1
    added = np.zeros_like(held)
    added[0, 12:] = held[0, 12:]  # a year again
    added[1, 20:] = 3 * held[1, 20:]  # four months that had been missing
    added[2, 12:] = rng.poisson(0.5, 12)  # ordinary late moves
    assert rekeyed(held, added).tolist() == [True, False, False]


def test_a_copy_with_small_differences_is_still_a_copy_and_a_tripling_is_not() -> None:
    held = np.full((2, 12), 20)
    assert rekeyed(held, np.stack([np.full(12, 19), np.full(12, 40)])).tolist() == [True, False]
