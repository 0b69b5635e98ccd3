"""What a period is compared with: the same season of past years, whatever the calendar."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.detection.calendar import Calendar, references

MONDAY = date(2008, 12, 29).toordinal()
ISO = Calendar(520, 52, MONDAY + 7 * np.arange(520))


def week(position: int) -> str:
    year, number, _ = date.fromordinal(int(ISO.days[position])).isocalendar()  # type: ignore[index]
    return f"{year}-W{number:02}"


@pytest.mark.parametrize("tested", ["2015-W53", "2016-W01", "2016-W09", "2016-W20", "2016-W52", "2017-W01"])
def test_a_year_back_is_the_monday_nearest_to_the_same_day(tested: str) -> None:
    position = next(number for number in range(520) if week(number) == tested)
    monday = date.fromordinal(int(ISO.days[position]))  # type: ignore[index]
    for back, number in enumerate(ISO.years_before(position, 3), start=1):
        day = date.fromordinal(int(ISO.days[number]))  # type: ignore[index]
        assert day.weekday() == 0
        same = (
            date(monday.year - back, 3, 1)
            if (monday.month, monday.day) == (2, 29)
            else monday.replace(year=monday.year - back)
        )
        assert abs((day - same).days) <= 3


def test_the_season_of_a_53rd_week_is_that_of_the_52nd() -> None:
    seasons = {week(number): int(ISO.season[number]) for number in range(520)}
    assert (seasons["2015-W53"], seasons["2015-W52"], seasons["2016-W01"]) == (51, 51, 0)


def test_the_last_season_is_its_own_and_the_others_share_the_rest() -> None:
    found = references(Calendar(400, 52), 350, 3, 3, 4, 3)
    assert found is not None
    assert found.periods.tolist() == list(range(191, 347))
    assert found.seasons[:52].tolist() == [3] * 7 + [0] * 15 + [1] * 15 + [2] * 15


def test_the_longer_parts_come_first() -> None:
    found = references(Calendar(400, 52), 350, 1, 2, 11, 2)
    assert found is not None
    assert np.bincount(found.seasons).tolist() == [5] * 7 + [4] * 3 + [5]


@given(
    period=st.integers(0, 519),
    years=st.integers(1, 6),
    half_window=st.integers(0, 5),
    seasons=st.integers(1, 12),
    left_out=st.integers(0, 60),
    dated=st.booleans(),
)
def test_references_are_past_distinct_and_have_a_season(
    period: int, years: int, half_window: int, seasons: int, left_out: int, dated: bool
) -> None:
    calendar = ISO if dated else Calendar(520, 52)
    found = references(calendar, period, years, half_window, seasons, left_out)
    if found is None:
        assert period < years * 53 + half_window
        return
    assert (found.periods >= 0).all()
    assert (found.periods < period - left_out).all()
    assert len(set(found.periods.tolist())) == len(found.periods)
    assert ((found.seasons >= 0) & (found.seasons < seasons)).all()
    if seasons > 1 and len(found.periods):
        assert (np.diff(found.periods) == 1).all()
