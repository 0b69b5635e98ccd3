"""The supervisor's patience: at once after a first death, less often after many, and forgiving after a good hour."""

from itertools import pairwise
from pathlib import Path

import pytest

from operations import supervisor
from operations.services.errors import ServiceError
from operations.services.process import ServiceProcess
from operations.supervisor import BACKOFF_SECONDS, HEALTHY_SECONDS, Watched
from runtime.settings import Settings


class Patient(ServiceProcess):
    """A service that lives or not, as the test says."""

    alive = False

    def pid(self) -> int | None:
        """Return a pid while it is alive."""
        return 1 if Patient.alive else None


@pytest.fixture
def watched(tmp_path: Path) -> tuple[Watched, list[float]]:
    """A service under watch, and the list of its starts."""
    Patient.alive = False
    starts: list[float] = []
    return Watched(Patient("patient", tmp_path), lambda: starts.append(1)), starts


def test_what_is_down_is_started_and_what_lives_is_left_alone(watched: tuple[Watched, list[float]]) -> None:
    one, starts = watched
    one.look(0)
    assert len(starts) == 1
    Patient.alive = True
    one.look(1)
    assert len(starts) == 1


def test_after_many_deaths_it_waits_longer_and_longer(watched: tuple[Watched, list[float]]) -> None:
    one, starts = watched
    tried = []
    for tenth in range(600):
        before = len(starts)
        one.look(tenth / 10)
        if len(starts) > before:
            tried.append(tenth / 10)
    pauses = [round(later - earlier, 1) for earlier, later in pairwise(tried)]
    assert pauses[:4] == [max(pause, 0.1) for pause in BACKOFF_SECONDS[:4]]
    assert set(pauses[4:]) == {BACKOFF_SECONDS[-1]}


def test_after_a_good_while_the_next_death_is_the_first(watched: tuple[Watched, list[float]]) -> None:
    one, starts = watched
    for second in range(40):
        one.look(second)
    Patient.alive = True
    one.look(100)
    one.look(101 + HEALTHY_SECONDS)
    Patient.alive = False
    deaths = len(starts)
    one.look(200 + HEALTHY_SECONDS)
    one.look(200 + HEALTHY_SECONDS)
    assert len(starts) == deaths + 2, "the first death of a healthy service is mended at once"


def test_a_start_that_fails_is_tried_again(tmp_path: Path) -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise ServiceError("pas de place")

    one = Watched(Patient("patient", tmp_path), fail)
    Patient.alive = False
    one.look(0)
    one.look(0)
    assert len(tries) == 2


def test_when_a_stranger_took_a_port_those_who_knew_it_are_stopped(
    bare: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = iter([(1, 2), (1, 2), (3, 2), (3, 2)])
    stopped: list[str] = []
    monkeypatch.setattr(supervisor, "known_ports", lambda _: next(ports))
    monkeypatch.setattr(supervisor, "stop_clients", lambda one: stopped.append(one.instance))
    monkeypatch.setattr(supervisor, "services", lambda *_: [])
    monkeypatch.setattr(supervisor, "EVERY_SECONDS", 0)
    rounds = iter([True, True, True, False])
    supervisor.supervise(bare, 1, lambda: next(rounds))
    assert stopped == ["bare"]
