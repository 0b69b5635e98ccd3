"""What leaves the archive leaves it for good, and nothing else is touched."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from consumers.archive import files
from consumers.archive.checking import verify
from consumers.archive.content import oldest, without
from consumers.archive.erasures import Erasure, remembered, without_erased
from consumers.archive.retention import erase, prune
from consumers.errors import ConsumerError
from tests.consumers.archive.rows import SIREN, TOPIC, event, message, row

TODAY = date(2026, 4, 15)


def at(day: date) -> datetime:
    """Return noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def part(folder: Path, first: int, last: int, rows: list[dict[str, Any]]) -> Path:
    """Write records into the file of their month."""
    return files.write_part(folder, TOPIC, first, last, files.arrived_on(rows[0]["timestamp"]), rows)


def values(folder: Path) -> list[bytes | None]:
    return [one["value"] for span in files.parts(folder) for one in files.read_rows(span.path)]


def bytes_of(folder: Path) -> bytes:
    return b"".join(repr(files.read_rows(span.path)).encode() for span in files.parts(folder))


def test_a_month_of_arrival_goes_twenty_five_months_after_it(tmp_path: Path) -> None:
    part(tmp_path, 0, 0, [row(0, message(event(1)), "2024-02-20T08:00")])
    kept = part(tmp_path, 1, 1, [row(1, message(event(2)), "2024-03-02T08:00")])
    assert prune(tmp_path, at(TODAY)).files == 1
    assert [span.path for span in files.parts(tmp_path)] == [kept]
    assert files.next_offsets(tmp_path) == {TOPIC: 2}
    assert verify(tmp_path).problems == []


def test_a_move_goes_twenty_five_months_past_that_of_its_effect_however_late_it_arrived(tmp_path: Path) -> None:
    old, young = event(1, "2024-02-29"), event(2, "2024-03-01")
    part(tmp_path, 0, 3, [row(0, message(old, young)), row(3, orjson.dumps(old))])
    assert prune(tmp_path, at(date(2026, 3, 31))).events == 0
    assert prune(tmp_path, at(date(2026, 4, 1))) == (0, 2)
    assert [orjson.loads(one or b"") for one in values(tmp_path)] == [[young]]
    assert files.next_offsets(tmp_path) == {TOPIC: 4}, "the file still answers for its offsets"
    assert verify(tmp_path).problems == []
    assert prune(tmp_path, at(TODAY)) == (0, 0)
    assert prune(tmp_path, at(TODAY), months=24) == (0, 1)


def test_what_is_no_event_goes_thirty_days_after_its_arrival(tmp_path: Path) -> None:
    bad = event(3)
    del bad["data"]["dwelling"]
    part(tmp_path, 0, 2, [row(0, b"not json"), row(1, message(event(1), bad)), row(2, None)])
    assert prune(tmp_path, at(date(2026, 4, 9))).events == 0
    assert prune(tmp_path, at(date(2026, 4, 10))) == (0, 2)
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
    assert oldest([(orjson.dumps(stock), TODAY)]) == (date.max, date.max)


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
    path = part(tmp_path, 0, 3, rows)
    assert erase(tmp_path, SIREN, [mine["data"]["move_id"].upper(), UUID(mine["data"]["dwelling"])]) == 4
    assert values(tmp_path) == [message(other), b"nothing to do with it"]
    assert mine["data"]["move_id"].encode() not in bytes_of(tmp_path).lower()
    assert [span.path for span in files.parts(tmp_path)] == [path]
    assert verify(tmp_path).problems == []
    assert erase(tmp_path, SIREN, [mine["data"]["move_id"]]) == 0


def test_a_file_of_which_all_is_erased_still_answers_for_its_offsets(tmp_path: Path) -> None:
    part(tmp_path, 0, 0, [row(0, message(event(1)))])
    assert erase(tmp_path, SIREN, [event(1)["data"]["move_id"]]) == 1
    assert (values(tmp_path), files.next_offsets(tmp_path)) == ([], {TOPIC: 1})
    assert prune(tmp_path, at(TODAY)) == (0, 0)


def test_another_landlords_files_are_left_alone(tmp_path: Path) -> None:
    path = part(tmp_path, 0, 0, [row(0, message(event(1)))])
    before = path.read_bytes()
    assert erase(tmp_path, "999999999", [event(1)["data"]["move_id"]]) == 0
    assert path.read_bytes() == before


def test_events_that_stay_keep_their_very_bytes() -> None:
    first, second = b'{"id":  1.50, "a": "\\u00e9"}', orjson.dumps(event(1))
    kept, removed = without(b"[" + second + b", " + first + b"]", lambda one: one.data is not None)
    assert (kept, removed) == (b"[" + first + b"]", 1)


def test_a_gap_before_what_stays_is_forgotten_with_it(tmp_path: Path) -> None:
    part(tmp_path, 0, 0, [row(0, b"{}", "2023-03-20T08:00")])
    files.write_gap(tmp_path, TOPIC, 1, 4, "expired", datetime(2023, 5, 1, tzinfo=UTC))
    part(tmp_path, 5, 5, [row(5, message(event(1)))])
    prune(tmp_path, at(TODAY))
    assert (files.gaps(tmp_path), files.next_offsets(tmp_path)) == ([], {TOPIC: 6})


def test_what_is_erased_and_not_yet_read_does_not_come_in_later() -> None:
    mine, other = event(1), event(2)
    erasure = Erasure(row(0, None, "2026-03-10T08:00")["timestamp"], frozenset([mine["data"]["dwelling"]]))
    before = [row(1, message(mine, other)), row(2, orjson.dumps(mine)), row(3, None)]
    after = [row(4, orjson.dumps(mine), "2026-03-10T08:01")]
    kept = without_erased([*before, *after], [erasure])
    assert [(one["offset"], one["value"]) for one in kept] == [
        (1, message(other)),
        (3, None),
        (4, orjson.dumps(mine)),  # the dwelling was let again
    ]


def test_an_erasure_is_remembered_until_kafka_has_forgotten(tmp_path: Path) -> None:
    part(tmp_path, 0, 0, [row(0, message(event(1)))])
    identity = event(1)["data"]["move_id"]
    erase(tmp_path, SIREN, [identity], at(TODAY))
    (known,) = remembered(tmp_path, SIREN).values()
    assert known == Erasure(int(at(TODAY).timestamp() * 1000), frozenset([identity]))
    assert remembered(tmp_path, "999999999") == {}
    prune(tmp_path, at(date(2026, 5, 15)))
    assert len(remembered(tmp_path)) == 1
    prune(tmp_path, at(date(2026, 5, 16)))
    assert remembered(tmp_path) == {}


def test_a_folder_that_is_no_archive_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConsumerError, match="n'existe pas"):
        prune(tmp_path / "none", at(TODAY))
    with pytest.raises(ConsumerError, match="n'existe pas"):
        erase(tmp_path / "none", SIREN, ["x"])
