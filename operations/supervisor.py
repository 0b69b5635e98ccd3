"""Keep an instance's services alive: what dies is started again, in order, and said in the log.

`quartiers up` leaves it behind as a process of its own; `quartiers down` ends it first. Nothing is ended
that was not started here.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from operations.services import broker_service, database_service, worker_service
from operations.services.process import ServiceError, ServiceProcess
from runtime.logging import configure, logger
from runtime.settings import ROOT, Settings

EVERY_SECONDS = 0.5
BACKOFF_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0)


def process(settings: Settings) -> ServiceProcess:
    """Return the supervisor's own process."""
    return ServiceProcess("supervisor", settings.instance_dir)


def services(settings: Settings, workers: int) -> list[tuple[ServiceProcess, Callable[[], object]]]:
    """Return (process, how to start it) in the order in which they need each other."""

    def quiet(_: str) -> None:
        return

    found: list[tuple[ServiceProcess, Callable[[], object]]] = [
        (broker_service.process(settings), lambda: broker_service.start(settings, quiet)),
        (database_service.process(settings), lambda: database_service.start(settings, quiet)),
    ]
    for number in range(1, workers + 1):
        clock = os.environ.get("QUARTIERS_CLOCK", "")

        def start(number: int = number, clock: str = clock) -> object:
            return worker_service.start(settings, number, clock)

        found.append((worker_service.process(settings, number), start))
    return found


def supervise(settings: Settings, workers: int, going_on: Callable[[], bool]) -> None:
    """Look every half second, and start again whatever is not there; after repeated deaths, less and less often."""
    log = logger(__name__)
    wanted = services(settings, workers)
    deaths = {service.name: 0 for service, _ in wanted}
    next_try = dict.fromkeys(deaths, 0.0)
    while going_on():
        for service, start in wanted:
            if service.pid() is not None or time.monotonic() < next_try[service.name]:
                continue
            log.warning("service is down, starting it", service=service.name, deaths=deaths[service.name])
            try:
                start()
            except (ServiceError, OSError) as error:
                log.error("service not started", service=service.name, error=str(error))
            deaths[service.name] += 1
            pause = BACKOFF_SECONDS[min(deaths[service.name], len(BACKOFF_SECONDS)) - 1]
            next_try[service.name] = time.monotonic() + pause
        time.sleep(EVERY_SECONDS)


def start(settings: Settings, workers: int, clock: str = "") -> None:
    """Leave a supervisor behind."""
    process(settings).start(
        [sys.executable, "-m", "operations.supervisor", str(workers)],
        {
            "QUARTIERS_INSTANCE": settings.instance,
            "QUARTIERS_CACHE": str(settings.cache_dir),
            "QUARTIERS_DATABASE_NAME": settings.database_name,
            "QUARTIERS_CLOCK": clock,
            "PYTHONPATH": str(Path(ROOT)),
        },
    )


def main() -> None:
    """Run until SIGTERM."""
    configure()
    stopping: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    # Children that die must not stay as zombies: their parent is this process.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    supervise(Settings.load(), int(sys.argv[1]), lambda: not stopping)


if __name__ == "__main__":
    main()
