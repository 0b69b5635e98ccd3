"""`quartiers publish`, as a clerk reads it: what happened comes last, and what is wrong of the file stays short."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from operations.cli import app
from producers.errors import LandlordError

MAPPING = """
version = 1
[[extract]]
name = "mouvements"
kind = "movements"
dates = ["jj/mm/aaaa"]
[extract.columns]
lease = "Bail"
dwelling = "Logement"
commune = "Commune"
exit_on = "Sortie"
reason = "Motif"
"""
WITHOUT_MOTIVE, WITHOUT_LEASE = "B{0};L{0};31555;02/03/2026;", ";L{0};31555;02/03/2026;deces"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "connection.toml").write_text('siren = "552081317"\nbootstrap = "127.0.0.1:1"\npassword = "x"\n')
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    assert CliRunner().invoke(app, ["keys", "init", "--folder", str(tmp_path)]).exit_code == 0
    return tmp_path


def prepare(folder: Path, rows: list[str], *options: str) -> Result:
    path = folder / "mouvements.csv"
    path.write_text("\n".join(["Bail;Logement;Commune;Sortie;Motif", *rows]), encoding="utf-8")
    command = ["publish", str(path), "--folder", str(folder), "--dry-run", "--yes", *options]
    return CliRunner().invoke(app, command, env={"COLUMNS": "160"})


def told(result: Result, sentence: str) -> int:
    return sum(sentence in line for line in result.output.splitlines())


def test_every_error_is_shown_before_a_few_warnings_and_the_rest_is_counted(folder: Path) -> None:
    rows = [WITHOUT_MOTIVE.format(n) for n in range(30)] + [WITHOUT_LEASE.format(n) for n in range(30, 38)]
    result = prepare(folder, rows)
    assert result.exit_code == 1
    assert (told(result, "le numéro de bail est vide"), told(result, "rien n'est saisi")) == (8, 5)
    assert result.output.index("le numéro de bail est vide") < result.output.index("rien n'est saisi")
    assert "25 autres constats : --show 38 les montre aussi." in result.output
    assert result.output.splitlines()[-1] == "30 mouvements seraient envoyés ; rien ne l'a été."


def test_the_clerk_chooses_how_many_warnings_are_shown(folder: Path) -> None:
    rows = [WITHOUT_MOTIVE.format(n) for n in range(12)]
    assert told(prepare(folder, rows, "--show", "0"), "rien n'est saisi") == 0
    assert told(prepare(folder, rows, "--show", "12"), "rien n'est saisi") == 12
    assert "autres constats" not in prepare(folder, rows, "--show", "12").output


def test_many_errors_are_cut_short_too(folder: Path) -> None:
    result = prepare(folder, [WITHOUT_LEASE.format(n) for n in range(500)])
    assert told(result, "le numéro de bail est vide") == 20
    assert "480 autres constats" in result.output


def test_nothing_is_complete_before_its_day(folder: Path) -> None:
    result = prepare(folder, [WITHOUT_MOTIVE.format(1)], "--complete-through", "2999-12-31")
    assert result.exit_code == 1
    assert isinstance(result.exception, LandlordError)
    assert "--complete-through 31/12/2999 est dans l'avenir" in str(result.exception)
    assert not (folder / "state.sqlite").exists()
