"""The archive's files: whole or not there, and their names say where reading goes on."""

import os
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.archive import files
from consumers.archive.checking import verify
from consumers.archive.reading import runs_by_month
from consumers.errors import ConsumerError
from tests.consumers.archive.rows import SIREN, TOPIC, event, message, row

MARCH = date(2026, 3, 1)
ROWS = [
    row(0, message(event(1)), key=b"\x00k", headers=[("content-type", b"x"), ("empty", None)]),
    row(1, None),
    row(2, b"\xff\x00 no event"),
]


def test_a_record_comes_back_as_it_was_whatever_its_bytes(tmp_path: Path) -> None:
    path = files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    assert files.read_rows(path) == ROWS
    assert path.relative_to(tmp_path).as_posix() == (
        f"siren={SIREN}/month=2026-03/part-{TOPIC}-{0:020d}-{2:020d}.parquet"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_reading_goes_on_after_the_greatest_offset_that_is_archived_or_lost(tmp_path: Path) -> None:
    assert files.next_offsets(tmp_path) == {}
    files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    assert files.next_offsets(tmp_path) == {TOPIC: 3}
    files.write_gap(tmp_path, TOPIC, 3, 9, "expired", datetime(2026, 5, 1, tzinfo=UTC))
    assert files.next_offsets(tmp_path) == {TOPIC: 10}


def test_a_file_whose_writing_was_cut_off_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(*_: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr(Path, "replace", power_cut)
    with pytest.raises(OSError, match="power cut"):
        files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    monkeypatch.undo()
    assert (files.next_offsets(tmp_path), files.parts(tmp_path)) == ({}, [])
    files.remove_unfinished(tmp_path)
    assert [name for _, _, names in os.walk(tmp_path) for name in names] == []


def test_what_another_command_rewrites_is_left_to_it(tmp_path: Path) -> None:
    path = files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    being_rewritten = path.with_name(path.name + ".new")
    being_rewritten.touch()
    files.remove_unfinished(tmp_path)
    assert being_rewritten.exists()


def test_one_reader_at_a_time(tmp_path: Path) -> None:
    with (
        files.held(tmp_path, files.READER_LOCK),
        pytest.raises(ConsumerError, match="attendez sa fin"),
        files.held(tmp_path, files.READER_LOCK, wait=False),
    ):
        pass
    with files.held(tmp_path, files.READER_LOCK):
        pass


def test_a_month_is_that_of_paris() -> None:
    ((_, _, month, _),) = runs_by_month(0, [row(0, b"{}", "2026-03-31T22:30")])
    assert month == date(2026, 4, 1)


@given(
    st.integers(0, 50),
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["2026-01-05T00:00", "2026-02-05T00:00"])), min_size=1),
)
def test_files_follow_each_other_without_a_hole_however_months_and_offsets_run(start, steps):
    """Offsets that are no record (a transaction's marker) leave steps of more than one."""
    rows, offset = [], start - 1
    for step, arrived in steps:
        offset += step
        rows.append(row(offset, b"{}", arrived))
    runs = list(runs_by_month(start, rows))
    assert [one for *_, run in runs for one in run] == rows
    assert runs[0][0] == start
    assert runs[-1][1] == offset
    assert all(before[1] + 1 == after[0] for before, after in pairwise(runs))
    assert all(len({files.arrived_on(one["timestamp"]).month for one in run}) == 1 for *_, run in runs)


def test_an_archive_that_is_whole_is_said_to_be(tmp_path: Path) -> None:
    files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    files.write_gap(tmp_path, TOPIC, 3, 9, "expired", datetime(2026, 5, 1, tzinfo=UTC))
    files.write_part(tmp_path, TOPIC, 10, 11, date(2026, 5, 1), [row(11, b"{}", "2026-05-01T08:00")])
    verdict = verify(tmp_path)
    assert verdict == (2, 4, 7, [])


@pytest.mark.parametrize(
    ("first", "last", "offset", "wrong"),
    [(4, 5, 4, "3 à 3 manquent"), (2, 5, 3, "2 à 2 sont deux fois"), (3, 5, 7, "hors de celles que dit son nom")],
)
def test_a_hole_a_repeat_and_a_wrong_name_are_found(
    tmp_path: Path, first: int, last: int, offset: int, wrong: str
) -> None:
    files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    files.write_part(tmp_path, TOPIC, first, last, MARCH, [row(offset, b"{}")])
    (problem,) = verify(tmp_path).problems
    assert wrong in problem


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = files.write_part(tmp_path, TOPIC, 0, 2, MARCH, ROWS)
    path.write_bytes(path.read_bytes()[:-20])
    (problem,) = verify(tmp_path).problems
    assert path.name in problem
    assert "sauvegarde" in problem


def test_a_folder_that_is_no_archive_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConsumerError, match="n'existe pas"):
        verify(tmp_path / "none")
