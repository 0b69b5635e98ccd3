"""Keep an instance's services alive: what dies is started again, in order, and said in the log.

`quartiers up` leaves it behind as a process of its own; `quartiers down` ends it first. Nothing is ended
that was not started here.
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kafka.errors import KafkaError

from operations.certificates import ensure_certificates
from operations.services import broker_service, database_service, gateway_service, grafana_service, worker_service
from operations.services.process import ServiceError, ServiceProcess
from operations.services.processes import command_line
from operations.services.worker_service import MAX_WORKERS
from runtime.clock import SystemClock
from runtime.logging import configure, logger
from runtime.settings import Settings, SettingsError

PATIENCE = 15.0
EVERY_SECONDS = 0.5
RENEWAL_SECONDS = 3_600.0
BACKOFF_SECONDS = (0.0, 1.0, 2.0, 5.0, 10.0)
HEALTHY_SECONDS = 60.0
"""A service that lived that long is in order again: its next death is its first."""


def process(settings: Settings) -> ServiceProcess:
    """Return the supervisor's own process."""
    return ServiceProcess("supervisor", settings.instance_dir)


def services(settings: Settings, workers: int, clock: str) -> list[tuple[ServiceProcess, Callable[[], object]]]:
    """Return (process, how to start it) in the order in which they need each other."""

    def quiet(_: str) -> None:
        return

    found: list[tuple[ServiceProcess, Callable[[], object]]] = [
        (broker_service.process(settings), lambda: broker_service.start(settings, quiet)),
        (database_service.process(settings), lambda: database_service.start(settings, quiet)),
    ]
    for number in range(1, workers + 1):

        def start_worker(number: int = number) -> object:
            return worker_service.start(settings, number, clock)

        found.append((worker_service.process(settings, number), start_worker))
    if gateway_service.is_wanted(settings):
        found.append((gateway_service.process(settings), lambda: gateway_service.start(settings)))
    if grafana_service.home() is not None:
        found.append((grafana_service.process(settings), lambda: grafana_service.start(settings)))
    return found


@dataclass
class Watched:
    """A service, how to start it, and what happened to it."""

    service: ServiceProcess
    start: Callable[[], object]
    deaths: int = 0
    next_try: float = 0.0
    alive_since: float | None = None

    def look(self, now: float) -> None:
        """Start the service if it is not there and its turn has come."""
        if self.service.pid() is not None:
            self.alive_since = now if self.alive_since is None else self.alive_since
            if now - self.alive_since > HEALTHY_SECONDS:
                self.deaths = 0
            return
        self.alive_since = None
        if now < self.next_try:
            return
        log = logger(__name__)
        log.warning("service is down, starting it", service=self.service.name, deaths=self.deaths)
        try:
            self.start()
        except (ServiceError, SettingsError, OSError) as error:
            log.error("service not started", service=self.service.name, error=str(error))
        self.deaths += 1
        self.next_try = now + BACKOFF_SECONDS[min(self.deaths, len(BACKOFF_SECONDS)) - 1]


def supervise(settings: Settings, workers: int, going_on: Callable[[], bool], clock: str = "") -> None:
    """Look every half second, and start again whatever is not there; after repeated deaths, less and less often."""
    wanted = [Watched(service, start) for service, start in services(settings, workers, clock)]
    ports = known_ports(settings)
    renewal = 0.0
    while going_on():
        for one in wanted:
            one.look(time.monotonic())
        if (found := known_ports(settings)) != ports:
            logger(__name__).warning("a stranger took a port: those who knew it start again", ports=found)
            ports = found
            stop_clients(settings)
        if time.monotonic() >= renewal:
            renew_certificate(settings, SystemClock().now())
            renewal = time.monotonic() + RENEWAL_SECONDS
        time.sleep(EVERY_SECONDS)


def renew_certificate(settings: Settings, now: datetime) -> None:
    """Renew a certificate in its last 30 days, and let the running broker show it; the gateway looks by itself."""
    if broker_service.process(settings).pid() is None:
        return
    try:
        if ensure_certificates(settings, now):
            broker_service.take_up_certificate(settings)
            logger(__name__).warning("certificate renewed")
    except (KafkaError, OSError) as error:
        logger(__name__).error("certificate not renewed", error=str(error))


def known_ports(settings: Settings) -> tuple[int, int]:
    """Return the ports that clients know from their start on."""
    return settings.port("kafka"), settings.port("postgres")


def stop_clients(settings: Settings) -> None:
    """Stop what was started with ports that are no longer right: workers, gateway and Grafana."""
    for number in range(1, MAX_WORKERS + 1):
        worker_service.stop(settings, number)
    gateway_service.stop(settings)
    grafana_service.stop(settings)


def command(workers: int, *, gateway: bool) -> list[str]:
    """Return the supervisor's command line: it says what it looks after."""
    return [sys.executable, "-m", "operations.supervisor", str(workers), *(["gateway"] if gateway else [])]


def start(settings: Settings, workers: int, clock: str = "") -> None:
    """Leave a supervisor behind; one that looks after something else gives way."""
    service, wanted = process(settings), command(workers, gateway=gateway_service.is_wanted(settings))
    if (running := service.find()) and command_line(running)[3:] != wanted[3:]:
        service.stop(patience=PATIENCE)
    service.start(wanted, worker_service.environment(settings) | {"QUARTIERS_CLOCK": clock})


def stop(settings: Settings) -> bool:
    """End the supervisor; return whether there was one."""
    return process(settings).stop(patience=PATIENCE)


def main() -> None:
    """Run until SIGTERM, which also ends the wait for a service that does not come up."""
    configure()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    supervise(Settings.load(), int(sys.argv[1]), lambda: True, os.environ.get("QUARTIERS_CLOCK", ""))


if __name__ == "__main__":
    main()
