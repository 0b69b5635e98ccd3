"""A landlord changes its ERP: it sends a year of moves again under new ids, and from then on only those."""

from datetime import date, timedelta

import numpy as np
import orjson
import pytest

from producers.region import simulate
from producers.region.draws import day_number
from producers.region.landlords import REKEYED
from producers.region.register import FIRST_KEY
from producers.region.tenancies import MISTAKE, WITHDRAWN


@pytest.fixture(scope="module", params=[(0.1, 1), (0.1, 2), (0.3, 3)])
def region(request):
    scale, seed = request.param
    return simulate(date(2023, 1, 1), date(2026, 1, 1), seed=seed, scale=scale)


@pytest.fixture(scope="module")
def changed(region) -> date:
    return next(one.start for one in region.incidents if one.kind == "rekeyed_erp")


def moves_of(region):
    """Yield (published_at, move data) of what the landlord sends, as far as it can be read."""
    siren = region.landlords[REKEYED].siren
    for message in region.publications_by_landlord()[siren]:
        try:
            document = orjson.loads(message.payload)
        except orjson.JSONDecodeError:
            continue
        for event in document if message.batch else [document]:
            if "move_id" in event["data"]:
                yield message.published_at.date(), event["data"]


def real_departures(region, first: date, last: date) -> int:
    """Count the departures from QPVs of the landlord that happened between two days, the second excluded."""
    one, cells = region.register, region.dwellings.cells
    inside = np.array([cell.qpv_2024 is not None for cell in cells])[region.dwellings.cell[one.dwelling]]
    mine = inside & ~one.arrival & (one.landlord == REKEYED) & (one.key == FIRST_KEY)
    mine &= (one.effective >= day_number(first)) & (one.effective < day_number(last))
    return int((mine & ~np.isin(one.origin, [WITHDRAWN, MISTAKE])).sum())


def counted_departures(region, content_hash, first: date, last: date) -> int:
    """Count the same in the truth: dates there are months, so both days must begin one."""
    siren = region.landlords[REKEYED].siren
    return sum(
        landlord == siren
        and (one.direction, one.status) == ("out", "effective")
        and one.qpv_2024 is not None
        and first <= one.effective_on < last
        for (landlord, _), one in region.truth(content_hash).moves.items()
    )


def test_the_landlord_lets_in_a_qpv(region):
    owned = np.array([c.landlord == REKEYED and c.qpv_2024 is not None for c in region.dwellings.cells])
    assert owned[region.dwellings.cell].sum() >= 15


def test_the_year_before_the_change_counts_twice_in_the_qpv(region, changed, content_hash):
    first, last = date(changed.year - 1, changed.month + 1, 1), date(changed.year, changed.month - 1, 1)
    happened = real_departures(region, first, last)
    assert happened > 0
    assert 1.75 * happened <= counted_departures(region, content_hash, first, last) <= 2 * happened


def test_before_and_after_each_departure_counts_once(region, changed, content_hash):
    before = date(changed.year - 2, changed.month + 2, 1), date(changed.year - 1, changed.month, 1)
    after = date(changed.year, changed.month + 1, 1), date(changed.year, changed.month + 5, 1)
    for span in (before, after):
        happened = real_departures(region, *span)
        assert 0.8 * happened - 1 <= counted_departures(region, content_hash, *span) <= happened


def test_no_old_id_is_used_after_the_change_and_no_new_one_before(region, changed):
    before = {data["move_id"] for day, data in moves_of(region) if day < changed}
    after = {data["move_id"] for day, data in moves_of(region) if day >= changed}
    assert len(before) > 20
    assert len(after) > 20
    assert not before & after


def test_what_follows_the_change_is_announced_and_corrected_as_ever(region, changed):
    later = changed + timedelta(days=60)
    states = {data["status"] for day, data in moves_of(region) if day >= later}
    assert states >= {"announced", "effective"}


def test_dwellings_keep_their_pseudonym(region, changed):
    dwellings = [
        {
            data["dwelling"]
            for day, data in moves_of(region)
            if (day < changed) == old and isinstance(data["dwelling"], str)
        }
        for old in (True, False)
    ]
    assert len(dwellings[0] & dwellings[1]) > 0.5 * len(dwellings[1])
