"""Broker or database away: the worker waits, holds its place and goes on by itself."""

import os
import signal
from types import ModuleType

import pytest

from operations import supervisor
from operations.services import broker_service, database_service, worker_service
from tests.streams.faults.events import interleaved, messages
from tests.streams.faults.harness import Stage

pytestmark = [pytest.mark.services, pytest.mark.faults]


ABSENCES = [
    pytest.param(broker_service, "stopped", id="broker-stopped"),
    pytest.param(broker_service, "killed", id="broker-killed"),
    pytest.param(database_service, "stopped", id="database-stopped"),
    pytest.param(database_service, "killed", id="database-killed"),
]


@pytest.mark.parametrize(("service", "way"), ABSENCES)
def test_the_worker_outlives_an_absence_of(stage: Stage, service: ModuleType, way: str) -> None:
    landlords = stage.enrol(4)
    plan = interleaved([messages(siren, 150, 20) for siren in landlords])
    stage.start(1)
    with stage.publishing(plan, 60):
        before = stage.wait_progress(8)
        pid = stage.worker()
        if way == "stopped":
            assert service.stop(stage.settings)
        else:
            stage.kill_service(service)
        service.start(stage.settings, print)

        def goes_on() -> bool:
            if (service, way) == (broker_service, "killed"):
                stage.start(1)  # in the supervisor's place: seldom, the worker finds itself at a standstill and ends
            else:
                assert stage.worker() == pid, f"the worker ended: {stage.log()}"
            return stage.done() > before + 8

        stage.wait_for(goes_on, "progress after the absence")
    stage.assert_exact(plan)


def test_the_supervisor_brings_back_whatever_dies(stage: Stage) -> None:
    landlords = stage.enrol(4)
    plan = interleaved([messages(siren, 250, 10) for siren in landlords])
    supervisor.start(stage.settings, workers=1)
    with stage.publishing(plan, 80):
        for service in (worker_service, broker_service, database_service):
            stage.wait_progress(4)
            process = service.process(stage.settings)
            old = process.pid()
            assert old is not None
            os.kill(old, signal.SIGKILL)
            stage.wait_for(lambda process=process, old=old: process.pid() not in (None, old), "it is back", 30)
            stage.wait_progress(4)
    stage.assert_exact(plan)
    assert supervisor.process(stage.settings).stop(patience=15)
