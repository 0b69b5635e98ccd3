"""A household is drawn once for its tenancy and grows older in it; its reason to leave fits its age."""

import numpy as np
import pytest

from producers.region.draws import months_of
from producers.region.households import CODES, HOLDER_AGES, HOUSEHOLD_TYPES
from producers.region.register import FIRST_KEY
from producers.region.tenancies import ORDINARY

SIXTY = HOLDER_AGES.index("60-74")


@pytest.fixture(scope="module")
def leaving(large):
    one = large.register
    return one.take(np.flatnonzero(~one.arrival & (one.origin == ORDINARY) & (one.key == FIRST_KEY)))


def because_of(leaving, code: str):
    return leaving.reason == CODES.index(code)


def test_nobody_under_thirty_leaves_after_twenty_years(leaving):
    years = (months_of(leaving.effective) - leaving.tenancy) / 12
    assert (years >= 20).sum() > 5_000
    assert leaving.holder_age[years >= 20].min() >= HOLDER_AGES.index("30-39")
    assert leaving.holder_age[years >= 45].min() >= SIXTY
    assert leaving.holder_age[years < 3].min() == 0


def test_those_who_enter_a_home_for_the_elderly_or_die_are_old(leaving):
    assert leaving.holder_age[because_of(leaving, "ehpad_etablissement")].min() >= SIXTY
    dead = leaving.holder_age[because_of(leaving, "deces")]
    assert (dead >= SIXTY).mean() > 0.6
    assert (leaving.holder_age[because_of(leaving, "emploi")] < SIXTY).mean() > 0.95


def test_the_shares_of_the_reasons_hold(leaving):
    assert because_of(leaving, "deces").mean() == pytest.approx(0.08, abs=0.004)
    assert because_of(leaving, "ehpad_etablissement").mean() == pytest.approx(0.04, abs=0.003)
    assert because_of(leaving, "accession").mean() == pytest.approx(0.09, abs=0.004)


def test_a_household_stays_itself_and_grows_older(large):
    one = large.register
    rows = np.flatnonzero((one.origin == ORDINARY) & (one.key == FIRST_KEY))
    tenancy = one.dwelling[rows] * 1024 + one.lease[rows]
    order = rows[np.lexsort((~one.arrival[rows], tenancy))]
    first, second = order[:-1], order[1:]
    same = (one.dwelling[first] == one.dwelling[second]) & (one.lease[first] == one.lease[second])
    came, left = one.take(first[same]), one.take(second[same])
    assert came.arrival.all()
    assert not left.arrival.any()
    assert came.arrival.size > 5_000
    assert np.all(left.holder_age >= came.holder_age)
    assert (left.holder_age > came.holder_age).any()
    young = left.holder_age < SIXTY
    assert np.all(came.household_type[young] == left.household_type[young])
    assert np.all(came.household_size[young] == left.household_size[young])
    alone = [HOUSEHOLD_TYPES.index(kind) for kind in ("couple_enf", "monoparental")]
    assert not np.isin(left.household_type[~young], alone).any()
