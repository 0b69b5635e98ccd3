"""`quartiers export`: what the operator is told."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from operations.cli import app, explain
from tests.consumers.opendata.conftest import published
from tests.consumers.opendata.published import VINTAGE, add_figures, add_vintage, figures

__all__ = ["published"]
pytestmark = pytest.mark.services


def run(instance: str, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["export", *arguments, *(["--instance", instance] if instance else [])])
    said = explain(done.exception) if done.exception and not isinstance(done.exception, SystemExit) else None
    return done.exit_code, done.output + (said or "")


@pytest.fixture
def instance(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test instance's name, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return str(settings.instance)


def test_a_vintage_is_written_checked_and_not_written_again(
    published: psycopg.Connection[Any],
    instance: str,
) -> None:
    add_vintage(published)
    add_figures(published, figures(VINTAGE, 4, departures=50, dwellings=500))
    code, said = run(instance)
    assert (code, "Millésime 2026-04 écrit dans donnees-ouvertes/2026-04." in said) == (0, True), said
    assert run("", "--check", "donnees-ouvertes/2026-04") == (
        0,
        "donnees-ouvertes/2026-04 est entier et conforme à ses schémas.\n",
    )
    assert "déjà ce millésime, à l'identique" in run(instance, "--vintage", "2026-04")[1]
    (Path("donnees-ouvertes/2026-04") / "LICENCE.md").unlink()
    code, said = run("", "--check", "donnees-ouvertes/2026-04")
    assert (code, "LICENCE.md manque." in said) == (1, True)


def test_nothing_published_yet_is_one_sentence(
    published: psycopg.Connection[Any],
    instance: str,
) -> None:
    code, said = run(instance)
    assert (code, "rien n'est encore publié" in said) == (1, True)


def test_checking_and_writing_are_not_asked_together(tmp_path: Path) -> None:
    code, said = run("", "--check", str(tmp_path), "--to", "x")
    assert (code, "--check ne va pas avec" in said) == (2, True)
