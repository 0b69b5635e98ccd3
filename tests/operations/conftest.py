"""The command line as a user calls it, on an empty machine or on the running instance; and the streams' stage."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from operations import instance
from operations.cli import main
from runtime.settings import Settings
from tests.streams.conftest import stage

__all__ = ["stage"]


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Quartiers = Callable[..., Said]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An instance on which nothing was ever installed or started, in a cache of its own."""
    monkeypatch.setenv("QUARTIERS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("QUARTIERS_INSTANCE", "bare")
    found = Settings.load()
    yield found
    instance.down(found)


@pytest.fixture
def stranger() -> Iterator[int]:
    """The pid of a program that we did not start as a service."""
    with subprocess.Popen(["sleep", "300"]) as child:
        try:
            yield child.pid
        finally:
            child.kill()


@pytest.fixture
def quartiers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Quartiers:
    """Call `quartiers` in this process. A trace, which no user should see, fails the test."""
    monkeypatch.setenv("COLUMNS", "300")

    def call(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["quartiers", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return call


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The running instance of the tests, which commands without `--instance` then speak of."""
    monkeypatch.setenv("QUARTIERS_INSTANCE", settings.instance)
    return settings
