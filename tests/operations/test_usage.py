"""What is typed wrong is said in French, in one sentence, with where help is; what stops a clerk is no trace."""

import sqlite3
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from operations import cli

MISTAKES = [
    (
        ["publsh", "f"],
        "la commande « publsh » n'existe pas ; vouliez-vous dire « publish » ou « rpls » ? Voyez",
    ),
    (["zzz"], "la commande « zzz » n'existe pas. Voyez `quartiers --help`."),
    (["publish"], "il manque « FICHIER ». Voyez `quartiers publish --help`."),
    (["publish", "f", "--complete-trough", "x"], "l'option --complete-trough n'existe pas ; les plus proches :"),
    (["check", "f", "--xyz"], "l'option --xyz n'existe pas."),
    (
        ["publish", "f", "--complete-through", "31/10/2026"],
        "--complete-through : « 31/10/2026 » n'est pas une date : écrivez-la AAAA-MM-JJ.",
    ),
    (["publish", "f", "--scope", "x"], "--scope : « x » n'en est pas ; au choix : 'whole_stock', 'qpv_only'."),
    (["check", "f", "--show", "abc"], "--show : un nombre est attendu."),
    (["check", "f", "--show", "-3"], "--show : au moins 0."),
    (["publish", "f", "--folder"], "l'option --folder attend une valeur."),
    (["check", "mon", "fichier.csv"], "en trop : fichier.csv. Un nom qui a des espaces va entre guillemets."),
    (["landlord", "merge", "1", "2"], "il manque l'option --on."),
    (["publish", "nulle-part.csv"], "FICHIER : nulle-part.csv n'existe pas."),
    (["publish", "."], "FICHIER : . est un dossier : un fichier est attendu."),
]


def typed(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Type a line; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["quartiers", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(("line", "said"), MISTAKES, ids=[" ".join(line) for line, _ in MISTAKES])
def test_what_is_typed_wrong_is_said_in_french(
    line: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch, *line) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.startswith("Erreur : ")
    assert len(told.splitlines()) == 1


def test_help_groups_the_commands_by_who_types_them() -> None:
    said = CliRunner().invoke(cli.app, ["--help"]).output
    landlord, operation, development = (
        said.index(f"─ {name} ─") for name in ("Bailleur", "Exploitation", "Développement")
    )
    assert landlord < said.index(" mapping ") < operation < said.index(" landlord ") < development
    assert development < said.index(" simulate ")


def test_no_command_at_all_shows_the_help_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(monkeypatch) == 2
    told = capsys.readouterr()
    assert "Bailleur" in told.out + told.err
    assert "Erreur" not in told.out + told.err


@pytest.mark.parametrize("stopped", [KeyboardInterrupt, typer.Abort])
def test_an_interruption_says_that_nothing_is_lost(
    stopped: type[BaseException], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> int:
        raise stopped

    monkeypatch.setattr("producers.inspection.inspect", interrupted)
    assert typed(monkeypatch, "check", "f") == 130
    assert "Interrompu" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "annote.csv"), "annote.csv : le disque est plein."),
        (PermissionError(13, "Permission denied", "annote.csv"), "Fermez le fichier s'il est ouvert ailleurs (Excel)"),
        (OSError(30, "Read-only file system", "mapping.toml"), "mapping.toml : le disque est en lecture seule."),
        (
            FileNotFoundError(2, "No such file", "x/annote.csv"),
            "x/annote.csv : le fichier ou son dossier n'existe pas.",
        ),
        (sqlite3.OperationalError("database is locked"), "un autre envoi est en cours depuis ce dossier."),
        (sqlite3.OperationalError("database or disk is full"), "state.sqlite, ne peut pas être écrit"),
        (sqlite3.DatabaseError("file is not a database"), "state.sqlite, l'état de vos envois, est abîmé"),
    ],
)
def test_what_the_machine_refuses_is_said_in_french_without_the_server(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "server_is_installed", lambda: False)
    assert said in (cli.explain(error) or "")


def test_a_bug_keeps_its_trace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cli, "server_is_installed", lambda: False)
    assert cli.explain(KeyError("x")) is None
