"""Bring a whole instance up or down: services, schema, territories, rights, workers.

One command at a time: a second `up`, or a `down`, waits for the first and says so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from operations import supervisor
from operations.migrate import migrate
from operations.rebuild import renew_territories
from operations.services import (
    broker_service,
    database_service,
    gateway_service,
    grafana_service,
    install,
    worker_service,
)
from operations.services.install import Say
from operations.services.interrupts import undisturbed
from operations.services.lock import alone
from operations.services.process import ServiceProcess
from operations.services.worker_service import MAX_WORKERS
from runtime.broker import enrol_archive, enrol_notifier, enrol_worker
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from streams.counters.windows import start_windows


@contextmanager
def held(settings: Settings, say: Say | None) -> Iterator[None]:
    """Hold the instance during the block."""
    with alone(settings.instance_dir / "run" / "instance.lock", say):
        yield


def start_services(settings: Settings, say: Say) -> None:
    """Start Kafka and PostgreSQL; whoever knew a port that a stranger took since is stopped, to start again."""
    install.require_writable(settings.instance_dir)
    # What is missing is said before anything is downloaded or started.
    if database_service.process(settings).find() is None:
        install.require_root()
    if broker_service.process(settings).find() is None:
        install.require_java()
    ports = supervisor.known_ports(settings)
    broker_service.start(settings, say)
    database_service.start(settings, say)
    if supervisor.known_ports(settings) != ports:
        supervisor.stop(settings)
        supervisor.stop_clients(settings)


def prepare(settings: Settings, today: date | None = None) -> None:
    """Bring the schema, the territories and the worker's rights up to date.

    `today` sets the day at which live windows end in a database that holds no move yet.
    """
    migrate(settings)
    with connect(settings, "migrator") as connection:
        renew_territories(connection, load())
        if today is not None and not connection.execute("SELECT FROM core.move LIMIT 1").fetchone():
            connection.commit()
            start_windows(connection, today)
    enrol_worker(settings)
    enrol_archive(settings)
    enrol_notifier(settings)


def up(
    settings: Settings,
    say: Say,
    *,
    workers: int = 1,
    clock: str = "",
    today: date | None = None,
    gateway: bool | None = None,
) -> None:
    """Start everything and leave a supervisor behind. Doing it twice changes nothing.

    `gateway` says from now on whether there is one; None leaves that as it was.
    """
    with held(settings, say):
        if gateway is not None:
            gateway_service.want(settings, wanted=gateway)
        start_services(settings, say)
        prepare(settings, today)
        run_workers(settings, workers, clock)
        if gateway_service.is_wanted(settings):
            gateway_service.start(settings)
        else:
            gateway_service.stop(settings)
        grafana_service.start(settings)


def run_workers(settings: Settings, workers: int, clock: str = "") -> None:
    """Have exactly this number of workers run, and a supervisor that looks after them."""
    supervisor.start(settings, workers, clock)
    for number in range(1, workers + 1):
        worker_service.start(settings, number, clock)
    for number in range(workers + 1, MAX_WORKERS + 1):
        worker_service.stop(settings, number)


def stop_workers(settings: Settings) -> list[str]:
    """Stop the supervisor, then the workers; return the names of what ran."""
    stopped = ["supervisor"] if supervisor.stop(settings) else []
    for number in range(1, MAX_WORKERS + 1):
        if worker_service.stop(settings, number):
            stopped.append(f"worker-{number}")
    return stopped


def down(settings: Settings, say: Say | None = None) -> list[str]:
    """Stop what was started, the supervisor first; return the names of what ran. Ctrl-C waits until it is done."""
    if not settings.instance_dir.exists():
        return []
    others: tuple[tuple[str, Callable[[Settings], bool]], ...] = (
        ("gateway", gateway_service.stop),
        ("grafana", grafana_service.stop),
        ("kafka", broker_service.stop),
        ("postgres", database_service.stop),
    )
    with undisturbed(), held(settings, say):
        return stop_workers(settings) + [name for name, stop in others if stop(settings)]


def services(settings: Settings) -> list[ServiceProcess]:
    """Return the services of the instance that a user should know of, running or not."""
    known = [supervisor.process(settings), broker_service.process(settings), database_service.process(settings)]
    known += [gateway_service.process(settings)] if gateway_service.is_wanted(settings) else []
    known += [grafana_service.process(settings)]
    workers = [worker_service.process(settings, number) for number in range(1, MAX_WORKERS + 1)]
    return known + [one for one in workers if one.name == "worker-1" or one.pid_file.exists()]


def status(settings: Settings) -> list[tuple[str, int | None]]:
    """Return (service, pid or None) of every service of the instance."""
    return [(service.name, service.find()) for service in services(settings)]
