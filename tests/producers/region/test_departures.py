"""Who leaves when, at full size over five years: calibrated on INSEE's rates, with labelled incidents.

Departures are sums of independent draws with small chances: their variance is at most their mean. Bounds
are in those standard deviations (4.5 for each of about 80 QPVs: one failure in 1,800 seeds), plus 1 % for a
stock that is known four times a year only.
"""

from math import sqrt

import numpy as np
import pytest

from producers.region.draws import day_number, month_number, months_of
from producers.region.households import CODES, PLACES
from producers.region.tenancies import DEMOLITION, FIRST_LETTING, ORDINARY, SEASON
from schemas.territories import load

START, END, YEARS = 18_628, 20_454, 5.0  # 2021-01-01 and 2026-01-01


@pytest.fixture(scope="module")
def departures(large):
    """Rows of the register: ordinary departures within the span, whoever declares them."""
    one = large.register
    return np.flatnonzero(
        ~one.arrival & (one.origin == ORDINARY) & (one.key == 0) & (one.effective >= START) & (one.effective < END)
    )


@pytest.fixture(scope="module")
def mean_stock(large):
    """Mean dwellings let or on offer by cell, over the quarters: the denominator of the rates."""
    photos = [photo for photo in large.photos if photo.day < END]
    return sum(photo.counts[:, :3].sum(axis=1).astype(float) for photo in photos) / len(photos)


@pytest.fixture(scope="module")
def departures_by_cell(large, departures):
    return np.bincount(large.dwellings.cell[large.register.dwelling[departures]], minlength=len(large.dwellings.cells))


def test_the_region_has_its_real_size(large, mean_stock):
    inside = np.array([cell.qpv_2024 is not None for cell in large.dwellings.cells])
    assert 75_000 < mean_stock[inside].sum() < 90_000
    assert 280_000 < mean_stock.sum() < 315_000
    assert {cell.qpv_2024 for cell in large.dwellings.cells} - {None} == {qpv.code for qpv in load().qpvs_of(2024)}


# INSEE, RPLS 2022: (dwellings, txRot) of the QPVs of 2015 from which these three of 2024 were merged. The rate
# of the second parent of each is secret.
MERGED = {
    "QN03016M": ((619, 10.4), (187, None)),
    "QN03105M": ((916, 9.3), (448, None)),
    "QN03409M": ((470, 5.5), (90, None)),
}


def known_rate(qpv) -> float | None:
    """Return the yearly rate (percent) that INSEE gives for a QPV or for its parents."""
    if qpv.code not in MERGED:
        return qpv.rotation_percent
    known = [(stock, rate) for stock, rate in MERGED[qpv.code] if rate is not None]
    return sum(stock * rate for stock, rate in known) / sum(stock for stock, _ in known)


def test_each_qpv_leaves_at_the_rate_that_insee_gives(large, mean_stock, departures_by_cell):
    shocked = {one.qpv for one in large.incidents}
    complete = {one.siren for one in large.landlords if one.scope == "whole_stock"}
    assert len(complete) == 23
    checked = set()
    seen = wanted = 0.0
    for qpv in load().qpvs_of(2024):
        percent = known_rate(qpv)
        if qpv.code in shocked or percent is None:
            continue
        cells = np.array([cell.qpv_2024 == qpv.code for cell in large.dwellings.cells])
        expected, count = mean_stock[cells].sum() * percent / 100 * YEARS, departures_by_cell[cells].sum()
        seen, wanted = seen + count, wanted + expected
        if expected > 50:
            checked.add(qpv.code)
            assert abs(count - expected) <= 4.5 * sqrt(expected) + 0.01 * expected, qpv.code
    assert len(checked) > 70
    assert set(MERGED) <= checked
    assert abs(seen - wanted) <= 4.5 * sqrt(wanted) + 0.01 * wanted


def test_the_region_leaves_at_its_rate(large, mean_stock, departures_by_cell):
    whole = np.array([large.landlords[cell.landlord].scope == "whole_stock" for cell in large.dwellings.cells])
    rate = departures_by_cell[whole].sum() / mean_stock[whole].sum() / YEARS
    assert rate == pytest.approx(0.094, abs=0.003)


def test_departures_follow_the_season(large, departures):
    month = months_of(large.register.effective[departures]) % 12
    counts = np.bincount(month, minlength=12)
    expected = counts.sum() * SEASON / SEASON.sum()
    assert np.all(np.abs(counts - expected) <= 4.5 * np.sqrt(expected) + 0.01 * expected)


def test_small_dwellings_are_left_two_to_four_times_as_often(large, departures):
    leaving = np.bincount(large.dwellings.rooms[large.register.dwelling[departures]], minlength=6)
    rates = leaving / np.bincount(large.dwellings.rooms, minlength=6)
    assert 2 < rates[0] / rates[4] < 4


def test_a_void_lasts_a_month_and_sometimes_long(large):
    one = large.register
    rows = np.flatnonzero((one.key == 0) & (one.origin == ORDINARY))
    lease = one.dwelling[rows] * 1_000 + one.lease[rows]
    out = dict(zip(lease[~one.arrival[rows]].tolist(), one.effective[rows][~one.arrival[rows]].tolist(), strict=True))
    voids = np.array(
        [
            day - out[number - 1]
            for number, day in zip(
                lease[one.arrival[rows]].tolist(), one.effective[rows][one.arrival[rows]].tolist(), strict=True
            )
            if number - 1 in out
        ]
    )
    assert voids.min() >= 1
    assert 25 <= np.median(voids) <= 35
    assert 0.03 < (voids > 120).mean() < 0.12


def test_a_dwelling_is_left_and_let_in_turn(large):
    one = large.register
    rows = np.flatnonzero((one.key == 0) & np.isin(one.origin, [ORDINARY, FIRST_LETTING]))
    order = rows[np.lexsort((one.arrival[rows], one.lease[rows], one.dwelling[rows]))]
    same = one.dwelling[order][1:] == one.dwelling[order][:-1]
    assert np.all(one.effective[order][1:][same] != one.effective[order][:-1][same])
    ordered = rows[np.lexsort((one.effective[rows], one.dwelling[rows]))]
    same = one.dwelling[ordered][1:] == one.dwelling[ordered][:-1]
    assert np.all(one.arrival[ordered][1:][same] != one.arrival[ordered][:-1][same])


def test_movers_of_the_qpvs_go_where_the_survey_says(large, departures):
    inside = np.array([cell.qpv_2024 is not None for cell in large.dwellings.cells])
    rows = departures[inside[large.dwellings.cell[large.register.dwelling[departures]]]]
    shares = np.bincount(large.register.place[rows], minlength=len(PLACES)) / rows.size
    assert shares[PLACES.index("same_qpv")] == pytest.approx(0.30, abs=0.01)
    assert shares[PLACES.index("other_qpv")] == pytest.approx(0.10, abs=0.01)


def test_tenancies_are_often_short_with_a_long_tail(large, departures):
    one = large.register
    months = months_of(one.effective[departures]) - one.tenancy[departures]
    assert months.min() >= 1
    assert 0.35 < (months < 60).mean() < 0.65
    assert (months > 240).mean() > 0.08


def test_a_demolition_rehouses_its_households_in_two_months(large):
    incident = next(one for one in large.incidents if one.kind == "demolition")
    one = large.register
    rows = np.flatnonzero(one.origin == DEMOLITION)
    assert 140 <= rows.size <= 150
    assert {CODES[code] for code in one.reason[rows].tolist()} == {"relogement_npnru"}
    assert {large.dwellings.cells[cell].qpv_2024 for cell in large.dwellings.cell[one.dwelling[rows]].tolist()} == {
        incident.qpv
    }
    assert one.effective[rows].min() >= day_number(incident.start)
    assert one.effective[rows].max() < day_number(incident.end)
    assert not np.isin(one.dwelling[rows], one.dwelling[one.effective > day_number(incident.end)]).any()


def test_ordinary_departures_double_for_three_months(large, departures):
    incident = next(one for one in large.incidents if one.kind == "doubled_departures")
    inside = np.array([cell.qpv_2024 == incident.qpv for cell in large.dwellings.cells])
    one = large.register
    days = one.effective[departures[inside[large.dwellings.cell[one.dwelling[departures]]]]]
    months = months_of(days)
    first = month_number(incident.start)
    during = np.isin(months, range(first, first + 3)).sum()
    before = np.isin(months, [month - 12 * year for year in (1, 2, 3) for month in range(first, first + 3)]).sum() / 3
    assert 1.5 < during / before < 2.6


def test_a_sale_lowers_the_stock_of_the_seller(large):
    sale = next(one for one in large.incidents if one.kind == "sale")
    owned = np.array([large.landlords[cell.landlord].siren == sale.landlord for cell in large.dwellings.cells])
    by_day = {photo.day: photo.counts[owned][:, :3].sum() for photo in large.photos}
    on_sale = {photo.day: photo.counts[owned][:, 6].sum() for photo in large.photos}
    day = day_number(sale.start)
    quarters = sorted(by_day)
    before = quarters[quarters.index(day) - 2]
    assert by_day[before] - by_day[day] > 300
    assert on_sale[quarters[quarters.index(day) - 1]] > 350
    assert on_sale[day] == 0
