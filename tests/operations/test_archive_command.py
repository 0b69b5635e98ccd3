"""`quartiers archive`: what the operator is told, without a broker."""

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest
from typer.testing import CliRunner

from consumers.archive import files
from operations.cli import app, explain
from operations.retention import keep
from runtime.clock import SystemClock
from runtime.settings import Settings
from tests.consumers.archive.rows import SIREN, TOPIC, event, message, row

MARCH = date(2026, 3, 1)


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["archive", *arguments])
    said = explain(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else None
    return done.exit_code, done.output + (said or "")


@pytest.fixture
def archived(tmp_path: Path) -> Path:
    """An archive of one message with two moves."""
    files.write_part(tmp_path, TOPIC, 0, 0, MARCH, [row(0, message(event(1), event(2)))])
    return tmp_path


def test_erasing_says_how_many_events_went(archived: Path) -> None:
    named = ["--landlord", SIREN, "--move-id", event(1)["data"]["move_id"]]
    assert run("prune", "--to", str(archived), *named) == (0, "Événements effacés de l'archive : 1.\n")
    assert run("verify", "--to", str(archived)) == (0, "Fichiers : 1 ; messages : 1.\nL'archive est entière.\n")


@pytest.mark.parametrize("half", [["--landlord", SIREN], ["--dwelling", event(1)["data"]["dwelling"]]])
def test_half_an_erasure_is_refused_and_removes_nothing(archived: Path, half: list[str]) -> None:
    code, said = run("prune", "--to", str(archived), *half)
    assert (code, "--landlord va avec" in said) == (2, True)
    assert len(files.read_rows(files.parts(archived)[0].path)) == 1


@pytest.mark.services
@pytest.mark.parametrize(("months", "left"), [(120, 2), (14, 1)])
def test_the_copy_is_kept_as_long_as_the_ledger(
    tmp_path: Path, settings: Settings, database: psycopg.Connection[Any], months: int, left: int
) -> None:
    this_year = SystemClock().now().year
    old, young = event(1, f"{this_year - 2}-01-15"), event(2, f"{this_year}-01-15")
    files.write_part(tmp_path, TOPIC, 0, 0, MARCH, [row(0, message(old, young), f"{this_year}-01-20T08:00")])
    keep(database, months)
    code, said = run("prune", "--to", str(tmp_path), "--instance", settings.instance)
    assert (code, f"événements ôtés : {2 - left}." in said) == (0, True), said
    (kept,) = files.read_rows(files.parts(tmp_path)[0].path)
    assert len(orjson.loads(kept["value"])) == left


def test_a_hole_ends_with_an_error(archived: Path) -> None:
    files.write_part(archived, TOPIC, 2, 2, MARCH, [row(2, b"{}")])
    code, said = run("verify", "--to", str(archived))
    assert (code, "1 à 1 manquent" in said) == (1, True)


def test_a_folder_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    code, said = run("verify", "--to", str(tmp_path / "none"))
    assert code == 1
    assert "n'existe pas : ce n'est pas le dossier d'une archive" in said
