"""Our arrival rate and RPLS's: every difference has its reason, and the reasons add up to the difference exactly."""

from datetime import date
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from operations.rpls.page import written
from operations.rpls.reconciliation import UNEXPLAINED, Comparison, compare
from producers.region import Region, simulate
from producers.region.draws import day_number, day_of
from producers.region.register import FIRST_KEY
from producers.region.tenancies import DECANT_RETURN, FIRST_LETTING, MISTAKE, TRANSFER, WITHDRAWN

PAGE = Path(__file__).parents[3] / "docs" / "rapprochement-rpls.md"
YEAR = 2025


@pytest.fixture(scope="module")
def region() -> Region:
    return simulate(date(YEAR - 2, 1, 1), date(YEAR, 4, 1), seed=5, scale=0.2)


@pytest.fixture(scope="module")
def compared(region: Region) -> tuple[Comparison, list[Comparison]]:
    return compare(region, YEAR)


def test_the_terms_add_up_to_the_difference_exactly(compared: tuple[Comparison, list[Comparison]]) -> None:
    everything, quartiers = compared
    assert len(quartiers) > 90
    for one in (everything, *quartiers):
        assert sum(one.terms().values()) == one.our_rate - one.rpls_rate
    assert everything.our_rate != everything.rpls_rate


def test_no_dwelling_is_left_unexplained(compared: tuple[Comparison, list[Comparison]]) -> None:
    everything, quartiers = compared
    assert not [one.code for one in (everything, *quartiers) if UNEXPLAINED in one.terms()]


def test_the_whole_is_the_sum_of_its_quartiers(compared: tuple[Comparison, list[Comparison]]) -> None:
    everything, quartiers = compared
    for name in ("arrivals", "ours", "rpls", "our_dwellings", "rpls_dwellings"):
        assert getattr(everything, name) == sum(getattr(one, name) for one in quartiers), name
    assert everything.parts.stock["recent_for_a_while"] == sum(
        one.parts.stock.get("recent_for_a_while", Fraction(0)) for one in quartiers
    )


def test_both_numerators_are_those_of_the_leases_told_one_by_one(
    region: Region, compared: tuple[Comparison, list[Comparison]]
) -> None:
    register, dwellings = region.register, region.dwellings
    since, until = date(YEAR - 1, 1, 1), date(YEAR, 1, 1)
    began: dict[int, date] = {}
    empty: set[int] = set()
    relet: set[int] = set()
    for row in np.lexsort((register.arrival, register.effective)).tolist():
        day, dwelling, origin = day_of(int(register.effective[row])), int(register.dwelling[row]), register.origin[row]
        if register.key[row] != FIRST_KEY or day > until or origin in (WITHDRAWN, MISTAKE):
            continue
        if not register.arrival[row]:
            if day < until:  # whoever leaves on 1 January is still there in the morning
                empty.add(dwelling)
            continue
        empty.discard(dwelling)
        if origin != DECANT_RETURN:
            began[dwelling] = day
        if since <= day < until and origin not in (FIRST_LETTING, TRANSFER, DECANT_RETURN):
            relet.add(dwelling)
    inside = {
        one for one in range(dwellings.cell.size) if dwellings.cells[int(dwellings.cell[one])].qpv_2024 is not None
    }
    assert compared[0].ours == len(relet & inside)
    settled = {one for one in inside - empty if dwellings.opens[one] < day_number(since)}
    leases = {one for one in settled if one in began and began[one] >= since}
    january = next(photo for photo in region.photos if photo.day == day_number(until))
    sold = {one for one in leases if not january.on_market[one]}
    assert compared[0].rpls == len(leases - sold)


def test_a_year_that_was_not_simulated_is_refused(region: Region) -> None:
    with pytest.raises(ValueError, match="2021"):
        compare(region, 2022)


def test_the_page_of_the_documents_is_what_the_command_writes() -> None:
    region = simulate(date(YEAR - 2, 1, 1), date(YEAR, 4, 1), seed=2026, scale=1.0)
    assert PAGE.read_text(encoding="utf-8") == written(*compare(region, YEAR), year=YEAR, seed=2026, scale=1.0)
