"""`quartiers check`: counts, problems, an annotated copy in the file's own format, and an exit code."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from operations.cli import app
from producers.extract.annotated import COLUMNS, notes
from producers.extract.check import FIRST_LINES, Report
from producers.extract.problems import KINDS, ExtractError, problem
from producers.extract.reading import open_extract
from tests.producers.extract.files import ALL, MOVES, PARC, TODAY, csv_file, day, mapping, workbook

OUT = "B1;L1;31555;S;05/02/2025;DC;T3;PLUS;QN03107M;01/12/2024;"
IN = "B2;L1;31555;E;05/03/2025;NV;T3;PLUS;QN03107M;;"
WRONG = "B3;L2;31999;S;31/02/2025;DC;T3;PLUS;;;"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mapping.toml").write_text(ALL, encoding="utf-8")
    return tmp_path


def call(file: Path, folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["check", str(file), "--folder", str(folder), *arguments])
    return result.exit_code, result.output + (str(result.exception) if result.exit_code and result.exception else "")


def report_of(path: Path, keep: int = 10) -> Report:
    extract, report = open_extract(path, mapping(), TODAY), Report(keep)
    report.note(extract.problems)
    for one in extract.rows():
        report.take(one)
    return report


def test_a_good_file_is_counted_by_month_and_ends_well(folder: Path) -> None:
    code, said = call(csv_file(folder, MOVES, OUT, IN), folder)
    assert code == 0
    assert "2 lignes lues, 2 mouvements (2 effectifs)" in said
    assert "2025-02 : 1, 0" in said
    assert "2025-03 : 0, 1" in said
    assert "0 erreur, 0 avertissement. Rien n'a été envoyé." in said


def test_errors_are_told_with_line_column_value_and_remedy_and_end_badly(folder: Path) -> None:
    code, said = call(csv_file(folder, MOVES, OUT, WRONG), folder)
    assert code == 1
    for part in ("Date impossible", "31/02/2025", "cette date n'existe pas au calendrier", "corriger la date"):
        assert part in said
    assert "31999" in said
    assert "2 erreurs" in said


def test_an_outage_of_the_mapping_is_a_message(tmp_path: Path) -> None:
    code, said = call(csv_file(tmp_path, MOVES, OUT), tmp_path)
    assert code == 1
    assert "quartiers mapping draft FICHIER" in said


def test_codes_left_to_fill_in_are_reminded(folder: Path) -> None:
    _, said = call(csv_file(folder, MOVES, OUT), folder)
    assert "1 code reste à compléter dans mapping.toml : motif de départ « ?? »" in said


def test_dwellings_are_counted_by_mode(folder: Path) -> None:
    rows = ("D1;31555;1;3;13;1;06/2015;;;", "D2;31555;2;1;13;2;;02/2026;01/2026;")
    code, said = call(csv_file(folder, PARC, *rows), folder)
    assert code == 0
    assert "2 logements (loué 1, proposé à la location, vacant 1)" in said


def test_every_problem_is_counted_and_only_the_first_are_kept(tmp_path: Path) -> None:
    rows = [WRONG.replace("B3", f"B{number}") for number in range(50)]
    report = report_of(csv_file(tmp_path, MOVES, *rows), keep=7)
    assert report.by_code["impossible_date"].count == 50
    assert report.by_code["impossible_date"].lines == [2, 3, 4, 5, 6][:FIRST_LINES]
    assert report.count("error") == 100
    assert len(report.shown()) == 7


def test_the_annotated_copy_of_a_csv_keeps_its_cells_encoding_and_separator(folder: Path) -> None:
    path = csv_file(folder, MOVES.replace("Congé", "Congé"), OUT, WRONG, 'B4;"L;9";31555', encoding="cp1252")
    out = folder / "annote.csv"
    call(path, folder, "--annotated", str(out))
    rows = list(csv.reader(io.StringIO(out.read_bytes().decode("cp1252"), newline=""), delimiter=";"))
    assert rows[0] == [*MOVES.split(";"), *COLUMNS]
    assert rows[1] == [*OUT.split(";"), "", ""]
    assert rows[2][:11] == WRONG.split(";")
    assert "ERREUR (INSEE) : commune inconnue" in rows[2][11]
    assert "ERREUR (Date) : cette date n'existe pas" in rows[2][11]
    assert "corriger la date" in rows[2][12]
    assert rows[3][:3] == ["B4", "L;9", "31555"]
    assert len(rows[3]) == len(rows[0])


def test_the_annotated_copy_of_a_workbook_is_a_workbook_with_its_dates(folder: Path) -> None:
    row = ["B1", "L1", 31999, "S", day("2025-02-05"), "DC", 3, "PLUS", None, None, None]
    path = workbook(folder, MOVES.split(";"), row)
    call(path, folder, "--annotated", str(folder / "annote.xlsx"))
    header, copied = openpyxl.load_workbook(folder / "annote.xlsx").active.iter_rows(values_only=True)
    assert header[-2:] == COLUMNS
    assert copied[:11] == tuple(row)
    assert "commune inconnue" in copied[11]
    code, said = call(path, folder, "--annotated", str(folder / "annote.csv"))
    assert code == 1
    assert "est un classeur. Donner un nom en .xlsx" in said


def test_the_file_itself_is_never_overwritten(folder: Path) -> None:
    path = csv_file(folder, MOVES, OUT)
    before = path.read_bytes()
    code, said = call(path, folder, "--annotated", str(path))
    assert code == 1
    assert "est le fichier lui-même" in said
    assert path.read_bytes() == before


def test_a_row_with_nothing_wrong_has_no_note() -> None:
    assert notes([]) == ("", "")


@pytest.mark.parametrize("code", KINDS)
def test_every_problem_has_a_sentence_and_a_remedy_in_french(code: str) -> None:
    facts = {
        name: name
        for name in (
            "found expected header other others sheet movement since formats field limit status key read generation "
            "what"
        ).split()
    }
    made = problem(code, 2, "Colonne", "valeur", **facts)
    assert made.severity in ("error", "warning")
    assert made.message_fr[0].islower()
    assert made.remedy_fr[0].islower()
    assert "valeur" not in made.message_fr.replace("cette valeur", "")


def test_a_folder_that_cannot_be_written_is_told(folder: Path) -> None:
    extract = open_extract(csv_file(folder, MOVES, OUT), mapping(), TODAY)
    from producers.extract.annotated import annotated_copy

    with (
        pytest.raises(ExtractError, match="ne peut pas être écrit"),
        annotated_copy(extract.table, folder / "absent" / "annote.csv"),
    ):
        pass
