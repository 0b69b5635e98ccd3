"""`quartiers up` to `down`, for real, on an instance of its own beside the one of the other tests."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from operations import instance, supervisor
from operations.services import broker_service, database_service, gateway_service, worker_service
from operations.services.process import wait_until
from operations.services.processes import start_time
from runtime.database import connect
from runtime.settings import Settings
from tests.operations.conftest import Quartiers
from tests.operations.machines import CLI

pytestmark = [pytest.mark.services, pytest.mark.faults]
UP = ("up", "--runtime", "native")


@pytest.fixture(scope="module")
def beside(settings: Settings) -> Iterator[Settings]:
    """A second instance, which runs."""
    found = Settings.load(f"{settings.instance}-beside")
    instance.down(found)
    shutil.rmtree(found.instance_dir, ignore_errors=True)
    instance.up(found, print)
    yield found
    instance.down(found)
    shutil.rmtree(found.instance_dir)


@pytest.fixture(autouse=True)
def named(beside: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands without `--instance` speak of it."""
    monkeypatch.setenv("QUARTIERS_INSTANCE", beside.instance)


@pytest.fixture
def running(beside: Settings) -> Settings:
    """The second instance with one worker, whatever the test before left of it."""
    instance.up(beside, print)
    return beside


@pytest.fixture
def never_started(beside: Settings) -> Settings:
    """The second instance as if nobody had started it yet."""
    instance.down(beside)
    shutil.rmtree(beside.instance_dir)
    return beside


def pids(settings: Settings) -> dict[str, int | None]:
    return dict(instance.status(settings))


def test_two_ups_at_the_same_time_start_one_instance(never_started: Settings, settings: Settings) -> None:
    environment = {**os.environ, "QUARTIERS_INSTANCE": never_started.instance, "PYTHONUNBUFFERED": "1"}
    both = [
        subprocess.Popen(
            [sys.executable, "-c", CLI, *UP], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    printed = [child.communicate() for child in both]
    assert [child.returncode for child in both] == [0, 0], printed
    assert sum("Une autre commande est en cours" in out for out, _ in printed) == 1
    shown = [re.findall(r"^(\S+) +en marche \(pid (\d+)\)", out, re.MULTILINE) for out, _ in printed]
    assert shown[0] == shown[1], "two sets of services"
    assert [name for name, _ in shown[0]] == ["supervisor", "kafka", "postgres", "worker-1"]
    assert "Grafana" in printed[0][0] or "Tableaux de bord" in printed[0][0]
    for service in (broker_service, database_service):
        assert service.process(settings).pid(), "the instance beside it is not there any more"


def test_up_again_changes_nothing(running: Settings, quartiers: Quartiers) -> None:
    before = pids(running)
    assert quartiers(*UP).code == 0
    assert pids(running) == before


def test_a_worker_that_dies_is_brought_back(running: Settings) -> None:
    process = worker_service.process(running)
    old = process.pid()
    assert old is not None
    os.kill(old, signal.SIGKILL)
    assert wait_until(lambda: process.pid() not in (None, old), 20)


def test_the_second_worker_is_looked_after_too_and_goes_when_it_is_not_wanted(
    running: Settings, quartiers: Quartiers
) -> None:
    assert quartiers(*UP, "--workers", "2").code == 0
    second = worker_service.process(running, 2)
    old = second.pid()
    assert old is not None
    os.kill(old, signal.SIGKILL)
    assert wait_until(lambda: second.pid() not in (None, old), 20), "nobody looks after the second"
    assert quartiers(*UP, "--workers", "1").code == 0
    assert second.pid() is None
    assert supervisor.process(running).pid() is not None
    assert worker_service.process(running, 1).pid() is not None


def test_a_gateway_that_is_wanted_is_looked_after_and_goes_when_it_is_not(
    running: Settings, quartiers: Quartiers
) -> None:
    said = quartiers(*UP, "--gateway")
    assert said.code == 0, said.err
    assert f"Passerelle : https://127.0.0.1:{running.port('gateway')}" in said.out
    process = gateway_service.process(running)
    old = process.pid()
    assert old is not None
    os.kill(old, signal.SIGKILL)
    assert wait_until(lambda: process.pid() not in (None, old), 30), "nobody looks after the gateway"
    assert quartiers(*UP).code == 0
    assert process.pid() is not None, "it is forgotten"
    assert "gateway" in quartiers("status").out
    assert quartiers(*UP, "--no-gateway").code == 0
    assert process.pid() is None
    assert "gateway" not in quartiers("status").out


def test_status_doctor_and_logs_of_what_runs(running: Settings, quartiers: Quartiers) -> None:
    said = quartiers("status")
    assert said.code == 0
    assert said.out.count("en marche") == 4
    with connect(running, "migrator", autocommit=True) as connection:
        query = "SELECT count(*) FROM core.topic_end"
        assert wait_until(lambda: connection.execute(query).fetchall()[0][0] > 0, 30), "the worker sees no topic"
    healthy = quartiers("doctor")
    assert healthy.code == 0, healthy.out
    assert "✘" not in healthy.out
    for told in ("Kafka répond", "à jour", "108 QPV de 2024", "retard : 0 messages", "Fenêtres glissantes", "à nous"):
        assert told in healthy.out
    assert quartiers("logs", "kafka", "-n", "1").code == 0
    unknown = quartiers("logs", "nothing")
    assert unknown.code == 1
    assert "kafka, postgres, supervisor" in unknown.err


def test_down_ends_all_that_up_started_and_nothing_else(
    running: Settings, settings: Settings, quartiers: Quartiers, stranger: int
) -> None:
    mine = {name: pid for name, pid in pids(running).items() if pid}
    others = [service.process(settings).pid() for service in (broker_service, database_service)]
    reused = {"pid": stranger, "started": (start_time(stranger) or 0) - 1}
    worker_service.process(running, 2).pid_file.write_text(json.dumps(reused))
    worker_service.process(running, 3).pid_file.write_text("garbage")
    said = quartiers("down")
    assert said.code == 0
    assert said.out == "Arrêtés : supervisor, worker-1, kafka, postgres.\n"
    assert start_time(stranger) is not None
    assert all(start_time(pid) is None for pid in mine.values())
    assert [service.process(settings).pid() for service in (broker_service, database_service)] == others
    assert quartiers("down").out == "Rien ne tournait.\n"
    stopped = quartiers("status")
    assert stopped.code == 1
    assert "en marche" not in stopped.out
