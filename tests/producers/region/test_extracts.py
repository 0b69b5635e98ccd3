"""The exports of a landlord of the region: drafted, checked, and the same leases from month to month."""

import csv
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from operations.cli import app
from producers.extract.draft.drafting import draft
from producers.extract.draft.text import write
from producers.extract.mapping import Mapping, parse_mapping
from producers.extract.problems import HIDDEN
from producers.extract.reading import read_dwellings, read_moves
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem

TODAY = date(2026, 1, 10)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("exports")
    arguments = ["simulate", str(made), "--start", "2025-07-01", "--end", "2026-01-01", "--scale", "0.1", "--extract"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return made


@pytest.fixture(scope="module")
def mapping(folder: Path) -> Mapping:
    """The drafted mapping, its codes filled in as a clerk would."""
    text = "".join(write(draft(folder / name)) for name in ("mouvements-2025-12-corrige.csv", "parc-2026-01-01.csv"))
    assert text.count(' = ""  # ') == text.count('"CONV" = ""  # ') >= 1
    return parse_mapping(text.replace('"CONV" = ""', '"CONV" = "autre"'), folder / "mapping.toml")


def read(path: Path, mapping: Mapping) -> tuple[list[MoveRecord], list[RowProblem]]:
    found = list(read_moves(path, mapping, TODAY))
    return [one for one in found if isinstance(one, MoveRecord)], [one for one in found if isinstance(one, RowProblem)]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="cp1252", newline="") as handle:
        return list(csv.DictReader(handle, delimiter=";"))


def test_the_files_are_those_of_a_windows_export(folder: Path) -> None:
    assert {one.name for one in folder.glob("*.csv")} == {
        "truth.csv",
        "mouvements-2025-11.csv",
        "mouvements-2025-12.csv",
        "mouvements-2025-12-corrige.csv",
        "parc-2025-12-01.csv",
        "parc-2026-01-01.csv",
    }
    raw = (folder / "mouvements-2025-12.csv").read_bytes()
    assert b"\r\n" in raw
    assert "Réf. logement".encode("cp1252") in raw


def test_the_flaws_of_real_exports_are_in_and_explained(folder: Path, mapping: Mapping) -> None:
    _, problems = read(folder / "mouvements-2025-12.csv", mapping)
    assert {
        "impossible_date",
        "missing_date",
        "missing_lease",
        "unknown_commune",
        "missing_reason",
        "same_row_twice",
        "duplicate_move",
        "total_row",
    } <= {one.code for one in problems}
    quoted = {one.value for one in problems}
    assert not [value for value in quoted if re.search("FICTIF|EXEMPLE|01 99 00", value)] or HIDDEN in quoted


def test_the_corrected_export_has_no_error(folder: Path, mapping: Mapping) -> None:
    records, problems = read(folder / "mouvements-2025-12-corrige.csv", mapping)
    assert [one for one in problems if one.severity == "error"] == []
    assert len(records) >= len(rows(folder / "mouvements-2025-12-corrige.csv")) * 0.95


def test_the_corrected_export_speaks_of_the_same_moves_and_differs_where_it_was_mended(
    folder: Path, mapping: Mapping
) -> None:
    def by_lease(name: str) -> dict[tuple[str, str], tuple[object, ...]]:
        records, _ = read(folder / name, mapping)
        return {(one.lease, one.direction): (one.effective_on, one.reason, one.status) for one in records}

    first, mended = by_lease("mouvements-2025-12.csv"), by_lease("mouvements-2025-12-corrige.csv")
    assert first.keys() <= mended.keys()
    changed = [key for key in first if first[key] != mended[key]]
    assert 0 < len(changed) < len(first) / 5
    assert len(mended) - len(first) >= 3


def test_a_notice_of_november_is_an_exit_of_the_same_lease_in_december(folder: Path, mapping: Mapping) -> None:
    november, _ = read(folder / "mouvements-2025-11.csv", mapping)
    december, _ = read(folder / "mouvements-2025-12-corrige.csv", mapping)
    announced = {one.lease for one in november if one.status == "announced"}
    gone = {one.lease for one in december if one.status == "effective" and one.direction == "out"}
    assert len(announced & gone) >= 5


def test_the_stock_and_the_movements_name_the_same_dwellings(folder: Path, mapping: Mapping) -> None:
    found = list(read_dwellings(folder / "parc-2026-01-01.csv", mapping, TODAY))
    dwellings = {one.dwelling: one for one in found if isinstance(one, DwellingRecord)}
    assert {one.mode for one in dwellings.values()} == {"let", "vacant", "works"}
    december, _ = read(folder / "mouvements-2025-12-corrige.csv", mapping)
    entered = {one.dwelling for one in december if one.direction == "in" and one.status == "effective"}
    assert len(entered & dwellings.keys()) >= len(entered) * 0.9
    let = [dwellings[one] for one in entered & dwellings.keys()]
    assert sum(1 for one in let if one.mode == "let" and one.tenancy_started_on == date(2025, 12, 1)) >= 0.9 * len(let)


def test_the_same_seed_gives_the_same_exports(folder: Path, tmp_path: Path) -> None:
    arguments = ["--start", "2025-07-01", "--end", "2026-01-01", "--scale", "0.1", "--extract"]
    assert CliRunner().invoke(app, ["simulate", str(tmp_path), *arguments]).exit_code == 0
    for one in folder.glob("*-*.csv"):
        assert (tmp_path / one.name).read_bytes() == one.read_bytes()


def test_an_unknown_landlord_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        ["simulate", str(tmp_path), "--start", "2025-12-01", "--end", "2026-01-01", "--scale", "0.01", "--extract"]
        + ["--landlord", "123456789"],
    )
    assert result.exit_code == 2
    assert "SIREN" in result.output
