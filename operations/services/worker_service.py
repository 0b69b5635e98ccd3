"""The Faust workers of an instance, as processes."""

import sys

from operations.services.process import ServiceProcess
from runtime.settings import ROOT, Settings

MAX_WORKERS = 8


def process(settings: Settings, number: int = 1) -> ServiceProcess:
    """Return the process of worker `number`."""
    return ServiceProcess(f"worker-{number}", settings.instance_dir)


def start(settings: Settings, number: int = 1, clock: str = "") -> int:
    """Start a worker unless it runs; return its pid. `clock` describes an accelerated clock (demo)."""
    service = process(settings, number)
    with service.alone():
        return service.start(
            [sys.executable, "-m", "streams.worker", f"worker-{number}"],
            environment(settings) | {"QUARTIERS_CLOCK": clock},
        )


def environment(settings: Settings) -> dict[str, str]:
    """Return what a process of this program needs to find the same instance."""
    return {
        "QUARTIERS_INSTANCE": settings.instance,
        "QUARTIERS_CACHE": str(settings.cache_dir),
        "QUARTIERS_DATABASE_NAME": settings.database_name,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def stop(settings: Settings, number: int = 1) -> bool:
    """Stop a worker; return whether it ran."""
    return process(settings, number).stop(patience=15)
