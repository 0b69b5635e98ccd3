"""docs/detection.md names every verdict that can be answered and every option that can be typed."""

from pathlib import Path

import typer

from operations.cli import app
from streams.detection.verdicts import Verdict

PAGE = (Path(__file__).parents[2] / "docs" / "detection.md").read_text(encoding="utf-8")


def test_every_verdict_is_explained() -> None:
    assert [one.code for one in Verdict if f"`{one.code}`" not in PAGE] == []


def test_every_option_is_in_the_page() -> None:
    command = typer.main.get_command(app).commands["detect"]  # type: ignore[attr-defined]
    options = {name for one in command.params for name in one.opts if name.startswith("--")}
    known = {"--help", "--trend", "--reweight"}  # the last two are on unless `--no-trend`, `--no-reweight`
    assert len(options) > 12
    assert {name for name in options - known if name not in PAGE} == set()
