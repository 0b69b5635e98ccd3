"""The migrations hold what the records say."""

from pathlib import Path

import pytest

from schemas.indicators import views
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
