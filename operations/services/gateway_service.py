"""The native HTTPS gateway of an instance, as a process; an instance keeps whether it has one."""

import sys
from pathlib import Path

from operations.services.broker_service import port_answers
from operations.services.process import ServiceProcess, wait_until
from operations.services.worker_service import environment
from runtime.settings import ROOT, Settings

PATIENCE = 30.0


def process(settings: Settings) -> ServiceProcess:
    """Return the gateway's process."""
    return ServiceProcess("gateway", settings.instance_dir)


def _mark(settings: Settings) -> Path:
    return settings.instance_dir / "gateway"


def is_wanted(settings: Settings) -> bool:
    """Return whether this instance has a gateway."""
    return _mark(settings).exists()


def want(settings: Settings, *, wanted: bool) -> None:
    """Keep whether this instance has a gateway."""
    if wanted:
        settings.instance_dir.mkdir(parents=True, exist_ok=True)
        _mark(settings).touch()
    else:
        _mark(settings).unlink(missing_ok=True)


def url(settings: Settings) -> str:
    """Return the address that landlords use."""
    return f"https://{settings.public_address('gateway')}"


def start(settings: Settings) -> None:
    """Start the gateway unless it runs, and wait until it answers. Raises ServiceError if it does not."""
    service = process(settings)
    with service.alone():
        if not service.find():
            settings.release_port_if_taken("gateway")
            command = [sys.executable, "-m", "operations", "gateway", "--instance", settings.instance]
            service.start(command, environment(settings) | {"PYTHONPATH": str(ROOT)})
        up = wait_until(lambda: service.pid() is None or port_answers(settings.port("gateway")), PATIENCE)
    if not up or service.pid() is None:
        raise service.failed("La passerelle")


def stop(settings: Settings) -> bool:
    """Stop the gateway; return whether it ran."""
    return process(settings).stop(patience=15)
