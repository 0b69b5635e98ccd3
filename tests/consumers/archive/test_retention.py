"""What leaves the archive leaves it for good, and nothing else is touched."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from consumers.archive import files
from consumers.archive.checking import verify
from consumers.archive.content import expiry, months_later, without
from consumers.archive.retention import erase, prune
from consumers.errors import ConsumerError
from tests.consumers.archive.rows import SIREN, TOPIC, event, message, row

TODAY = date(2026, 4, 15)


def values(folder: Path) -> list[bytes | None]:
    return [one["value"] for span in files.parts(folder) for one in files.read_rows(span.path)]


def bytes_of(folder: Path) -> bytes:
    return b"".join(repr(files.read_rows(span.path)).encode() for span in files.parts(folder))


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 3, 15), 25, date(2026, 4, 15)),
        (date(2024, 1, 31), 25, date(2026, 3, 1)),
        (date(2024, 12, 31), 1, date(2025, 1, 31)),
        (date(2025, 11, 30), 3, date(2026, 3, 1)),
    ],
)
def test_months_are_whole(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


def test_a_month_of_arrival_goes_after_twenty_five_months(tmp_path: Path) -> None:
    files.write_part(tmp_path, TOPIC, 0, 0, [row(0, message(event(1)), "2024-03-20T08:00")])
    kept = files.write_part(tmp_path, TOPIC, 1, 1, [row(1, message(event(2)), "2024-04-02T08:00")])
    assert prune(tmp_path, TODAY).files == 1
    assert [span.path for span in files.parts(tmp_path)] == [kept]
    assert files.next_offsets(tmp_path) == {TOPIC: 2}
    assert verify(tmp_path).problems == []


def test_a_move_goes_twenty_five_months_past_its_effect_however_late_it_arrived(tmp_path: Path) -> None:
    old, young = event(1, "2024-03-15"), event(2, "2024-03-16")
    files.write_part(tmp_path, TOPIC, 0, 3, [row(0, message(old, young)), row(3, orjson.dumps(old))])
    assert prune(tmp_path, date(2026, 4, 14)).events == 0
    assert prune(tmp_path, TODAY) == (0, 2)
    assert [orjson.loads(one or b"") for one in values(tmp_path)] == [[young]]
    assert files.next_offsets(tmp_path) == {TOPIC: 4}, "the file still answers for its offsets"
    assert verify(tmp_path).problems == []
    assert prune(tmp_path, TODAY) == (0, 0)


def test_what_is_no_event_goes_thirty_days_after_its_arrival(tmp_path: Path) -> None:
    bad = event(3)
    del bad["data"]["dwelling"]
    files.write_part(tmp_path, TOPIC, 0, 2, [row(0, b"not json"), row(1, message(event(1), bad)), row(2, None)])
    assert prune(tmp_path, date(2026, 4, 9)).events == 0
    assert prune(tmp_path, date(2026, 4, 10)) == (0, 2)
    assert values(tmp_path) == [message(event(1)), None]


def test_an_aggregate_has_no_time_of_its_own() -> None:
    stock = {
        **event(1),
        "type": "fr.data-quartiers.stock.v1",
        "data": {
            "stock_on": "2015-01-01",
            "revision": 1,
            "scope": "whole_stock",
            "cells": [{"commune": "31555", "let": 3}],
        },
    }
    assert expiry(orjson.dumps(stock), TODAY) == date.max


def test_a_move_and_a_dwelling_are_erased_wherever_they_are_named(tmp_path: Path) -> None:
    mine, other = event(1), event(2)
    moved_again = event(3)
    moved_again["data"]["former_move_id"] = mine["data"]["move_id"]
    same_dwelling = event(4)
    same_dwelling["data"]["dwelling"] = mine["data"]["dwelling"]
    broken = b'{"data": {"move_id": "' + mine["data"]["move_id"].upper().encode() + b'", '
    rows = [
        row(0, message(mine, other, moved_again)),
        row(1, orjson.dumps(same_dwelling)),
        row(2, broken),
        row(3, b"nothing to do with it"),
    ]
    path = files.write_part(tmp_path, TOPIC, 0, 3, rows)
    assert erase(tmp_path, SIREN, [mine["data"]["move_id"].upper(), UUID(mine["data"]["dwelling"])]) == 4
    assert values(tmp_path) == [message(other), b"nothing to do with it"]
    assert mine["data"]["move_id"].encode() not in bytes_of(tmp_path).lower()
    assert [span.path for span in files.parts(tmp_path)] == [path]
    assert verify(tmp_path).problems == []
    assert erase(tmp_path, SIREN, [mine["data"]["move_id"]]) == 0


def test_a_file_of_which_all_is_erased_still_answers_for_its_offsets(tmp_path: Path) -> None:
    files.write_part(tmp_path, TOPIC, 0, 0, [row(0, message(event(1)))])
    assert erase(tmp_path, SIREN, [event(1)["data"]["move_id"]]) == 1
    assert (values(tmp_path), files.next_offsets(tmp_path)) == ([], {TOPIC: 1})
    assert prune(tmp_path, TODAY) == (0, 0)


def test_another_landlords_files_are_left_alone(tmp_path: Path) -> None:
    path = files.write_part(tmp_path, TOPIC, 0, 0, [row(0, message(event(1)))])
    before = path.read_bytes()
    assert erase(tmp_path, "999999999", [event(1)["data"]["move_id"]]) == 0
    assert path.read_bytes() == before


def test_events_that_stay_keep_their_very_bytes() -> None:
    first, second = b'{"id":  1.50, "a": "\\u00e9"}', orjson.dumps(event(1))
    kept, removed = without(b"[" + second + b", " + first + b"]", lambda one: one.data is not None)
    assert (kept, removed) == (b"[" + first + b"]", 1)


def test_a_gap_before_what_stays_is_forgotten_with_it(tmp_path: Path) -> None:
    files.write_part(tmp_path, TOPIC, 0, 0, [row(0, b"{}", "2023-03-20T08:00")])
    files.write_gap(tmp_path, TOPIC, 1, 4, "expired", datetime(2023, 5, 1, tzinfo=UTC))
    files.write_part(tmp_path, TOPIC, 5, 5, [row(5, message(event(1)))])
    prune(tmp_path, TODAY)
    assert (files.gaps(tmp_path), files.next_offsets(tmp_path)) == ([], {TOPIC: 6})


def test_two_commands_do_not_rewrite_at_once(tmp_path: Path) -> None:
    files.write_part(tmp_path, TOPIC, 0, 0, [row(0, b"{}")])
    with files.held(tmp_path, files.LOCK), pytest.raises(ConsumerError, match="attendez sa fin"):
        erase(tmp_path, SIREN, ["x"])
    with pytest.raises(ConsumerError, match="n'existe pas"):
        prune(tmp_path / "none", TODAY)
