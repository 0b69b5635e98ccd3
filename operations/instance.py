"""Bring a whole instance up or down: services, schema, territories, rights, workers."""

from datetime import date

from operations import supervisor
from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import broker_service, database_service, grafana_service, worker_service
from operations.services.install import Say
from runtime.broker import enrol_worker
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load
from streams.counters.windows import start_windows

MAX_WORKERS = 8


def start_services(settings: Settings, say: Say) -> None:
    """Start Kafka and PostgreSQL."""
    broker_service.start(settings, say)
    database_service.start(settings, say)


def prepare(settings: Settings, today: date | None = None) -> None:
    """Bring the schema, the territories and the worker's rights up to date.

    `today` sets the day at which live windows end in a database that holds no move yet.
    """
    migrate(settings)
    with connect(settings, "migrator") as connection:
        load_reference(connection, load())
        if today is not None and not connection.execute("SELECT FROM core.move LIMIT 1").fetchone():
            connection.commit()
            start_windows(connection, today)
    enrol_worker(settings)


def up(settings: Settings, say: Say, *, workers: int = 1, clock: str = "", today: date | None = None) -> None:
    """Start everything and leave a supervisor behind. Doing it twice changes nothing."""
    start_services(settings, say)
    prepare(settings, today)
    for number in range(1, workers + 1):
        worker_service.start(settings, number, clock)
    supervisor.start(settings, workers, clock)
    grafana_service.start(settings)


def down(settings: Settings) -> list[str]:
    """Stop what was started, the supervisor first; return the names of what ran."""
    stopped = []
    if supervisor.process(settings).stop(patience=15):
        stopped.append("supervisor")
    for number in range(1, MAX_WORKERS + 1):
        if worker_service.stop(settings, number):
            stopped.append(f"worker-{number}")
    if grafana_service.stop(settings):
        stopped.append("grafana")
    if broker_service.stop(settings):
        stopped.append("kafka")
    if database_service.stop(settings):
        stopped.append("postgres")
    return stopped


def status(settings: Settings) -> list[tuple[str, int | None]]:
    """Return (service, pid or None) of every service of the instance."""
    known = [supervisor.process(settings), broker_service.process(settings), database_service.process(settings)]
    known += [grafana_service.process(settings)]
    known += [worker_service.process(settings, number) for number in range(1, MAX_WORKERS + 1)]
    return [
        (service.name, service.pid())
        for service in known
        if not service.name.startswith("worker-") or service.pid_file.exists() or service.name == "worker-1"
    ]
