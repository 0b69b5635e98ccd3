"""The migrations hold what the records say."""

from pathlib import Path

import pytest

from operations.commands.indicators import PAGE
from schemas.indicators import indicator, indicators, rate, views
from schemas.indicators.guide import page
from schemas.indicators.views import part_text, refreshed, stale_parts


def test_the_newest_migrations_hold_the_parts_as_the_records_make_them() -> None:
    assert stale_parts() == []


def test_a_record_that_changed_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0018_indicators.sql").write_text("".join(part_text(name) for name in views.PARTS), encoding="utf-8")
    assert stale_parts(tmp_path) == []
    monkeypatch.setitem(views.PARTS, "intervals", lambda: "SELECT 2;")
    assert stale_parts(tmp_path) == ["intervals"]


def test_a_later_migration_holds_a_part_in_the_earlier_ones_stead(tmp_path: Path) -> None:
    (tmp_path / "0018_indicators.sql").write_text("".join(part_text(name) for name in views.PARTS), encoding="utf-8")
    spoilt = part_text("comparator").replace("higher", "above")
    (tmp_path / "0019_later.sql").write_text(spoilt, encoding="utf-8")
    assert stale_parts(tmp_path) == ["comparator"]
    (tmp_path / "0019_later.sql").write_text(refreshed(spoilt), encoding="utf-8")
    assert stale_parts(tmp_path) == []


def test_the_guide_is_that_of_the_records() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_guide_works_out_an_example() -> None:
    told = page()
    assert "Calcul : 50 ÷ 500 = 10 %, intervalle de 7,4 à 13,2 %." in told
    assert "Calcul : 15 ÷ 500 × 12 ÷ 3 = 12 %" in told
    assert "Calcul : 45 − 50 = −5." in told


def test_the_guide_has_every_indicator_once() -> None:
    told = page()
    for one in indicators().values():
        assert told.count(f"### {one.name}\n") == 1


def test_the_intervals_of_the_opening_are_true() -> None:
    told = page()
    for count, dwellings in ((5, 50), (500, 5_000)):
        found = rate(indicator("departure_rate"), {"departures": count, "dwellings": dwellings})
        assert found.lower is not None and found.upper is not None
        low, high = (f"{bound:.1f}".removesuffix(".0").replace(".", ",") for bound in (found.lower, found.upper))
        assert f"{low} et {high} %" in told
