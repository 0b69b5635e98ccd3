"""Native or compose: a command speaks to what `up` started, and a machine without an engine is native."""

import subprocess
from pathlib import Path

import pytest

from operations import compose
from operations.runtime_choice import chosen_runtime, remember_runtime
from operations.services.process import ServiceProcess
from runtime.settings import ROOT, Settings
from tests.operations.conftest import Quartiers
from tests.operations.machines import only_these_programs, program

ECHO = 'echo "$PWD: docker $*" >> "{log}"'


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that answers to everything; return the file in which it notes what it was asked."""
    only_these_programs(monkeypatch, tmp_path / "bin")
    program(tmp_path / "bin", "docker", ECHO.format(log=tmp_path / "asked"))
    return tmp_path / "asked"


def asked(log: Path) -> list[str]:
    return log.read_text().splitlines()


def test_without_docker_a_machine_is_native(bare: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    assert chosen_runtime(bare, "auto") == "native"


@pytest.mark.parametrize("script", ["exit 1", 'test "$1" != info', 'test "$1" != compose'])
def test_docker_without_an_engine_or_without_compose_is_not_enough(
    bare: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    program(tmp_path / "bin", "docker", script)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert chosen_runtime(bare, "auto") == "native"


def test_with_an_engine_a_new_instance_is_composed(bare: Settings, docker: Path) -> None:
    assert chosen_runtime(bare, "auto") == "compose"
    assert chosen_runtime(bare, "native") == "native"


def test_what_was_started_natively_stays_native_whatever_the_machine_has(bare: Settings, docker: Path) -> None:
    remember_runtime(bare, "native")
    assert chosen_runtime(bare, "auto") == "native"
    remember_runtime(bare, "compose")
    assert chosen_runtime(bare, "auto") == "compose"


def test_what_runs_natively_is_spoken_to_natively(bare: Settings, docker: Path) -> None:
    ServiceProcess("worker-1", bare.instance_dir).start(["/bin/sleep", "300"])
    assert chosen_runtime(bare, "auto") == "native"


def test_status_and_logs_ask_compose(bare: Settings, quartiers: Quartiers, docker: Path) -> None:
    remember_runtime(bare, "compose")
    assert quartiers("status").code == 0
    assert quartiers("logs", "postgres", "-n", "7").code == 0
    assert quartiers("logs").code == 0
    assert asked(docker) == [
        f"{ROOT}: docker compose ps --all",
        f"{ROOT}: docker compose logs --tail 7 timescaledb",
        f"{ROOT}: docker compose logs --tail 40 worker",
    ]


def test_what_compose_refuses_ends_with_1(bare: Settings, quartiers: Quartiers, tmp_path: Path, docker: Path) -> None:
    program(tmp_path / "bin", "docker", "exit 3")
    assert quartiers("status", "--runtime", "compose").code == 1
    assert quartiers("logs", "--runtime", "compose").code == 1


def test_compose_without_docker_is_said(
    bare: Settings, quartiers: Quartiers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_these_programs(monkeypatch, tmp_path / "bin")
    said = quartiers("status", "--runtime", "compose")
    assert said.code == 1
    assert "Docker n'est pas installé" in said.err


def test_up_remembers_that_it_used_compose(
    bare: Settings, quartiers: Quartiers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compose, "up", lambda _: None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the engine was asked"))
    assert quartiers("up", "--runtime", "compose").code == 0
    assert chosen_runtime(bare, "auto") == "compose"
