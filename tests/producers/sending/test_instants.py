"""An extract's instant is what is said of it, before what its name tells, before when it was written."""

import os
from datetime import UTC, date, datetime

import pytest

from producers.errors import LandlordError
from producers.instants import day_in, day_of, instant_of, last_whole_month

NOW = datetime(2026, 4, 2, 10, tzinfo=UTC)
TODAY = date(2026, 4, 2)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("mouvements_2026-03-31.csv", date(2026, 3, 31)),
        ("mvt20260331.xlsx", date(2026, 3, 31)),
        ("du 01-01-2026 au 31-03-2026.csv", date(2026, 3, 31)),
        ("2026-01-01_2026-12-31.csv", date(2026, 1, 1)),
        ("2026-13-45.csv", None),
        ("mouvements_2026-03.csv", None),
        ("bailleur_1202603311.csv", None),
    ],
)
def test_a_name_tells_its_latest_day_that_is_not_to_come(name, day):
    assert day_in(name, TODAY) == day


def test_what_is_said_comes_first_then_the_name_then_the_file(tmp_path):
    named, plain = tmp_path / "mouvements_2026-03-31.csv", tmp_path / "mouvements.csv"
    for path in (named, plain):
        path.touch()
        os.utime(path, (1_770_000_000, 1_770_000_000))
    said = datetime.fromisoformat("2026-03-01T12:00")
    assert instant_of(named, said, NOW) == int(datetime(2026, 3, 1, 11, tzinfo=UTC).timestamp())
    assert day_of(instant_of(named, None, NOW)) == date(2026, 3, 31)
    assert instant_of(plain, None, NOW) == 1_770_000_000


def test_an_instant_to_come_is_refused(tmp_path):
    path = tmp_path / "mouvements.csv"
    path.touch()
    os.utime(path, (1_900_000_000, 1_900_000_000))
    assert instant_of(path, None, NOW) == int(NOW.timestamp())
    with pytest.raises(LandlordError, match="avenir"):
        instant_of(path, datetime.fromisoformat("2026-05-01"), NOW)


def test_an_extract_of_a_months_last_day_may_hold_it_whole():
    assert last_whole_month(date(2026, 3, 31)) == date(2026, 3, 31)
    assert last_whole_month(date(2026, 4, 2)) == date(2026, 3, 31)
    assert last_whole_month(date(2026, 1, 30)) == date(2025, 12, 31)
