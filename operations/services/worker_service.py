"""The Faust workers of an instance, as processes."""

import sys
from pathlib import Path

from operations.services.process import ServiceProcess
from runtime.settings import ROOT, Settings


def process(settings: Settings, number: int = 1) -> ServiceProcess:
    """Return the process of worker `number`."""
    return ServiceProcess(f"worker-{number}", settings.instance_dir)


def start(settings: Settings, number: int = 1, clock: str = "") -> int:
    """Start a worker unless it runs; return its pid. `clock` describes an accelerated clock (demo)."""
    return process(settings, number).start(
        [sys.executable, "-m", "streams.worker", f"worker-{number}"],
        {
            "QUARTIERS_INSTANCE": settings.instance,
            "QUARTIERS_CACHE": str(settings.cache_dir),
            "QUARTIERS_DATABASE_NAME": settings.database_name,
            "QUARTIERS_CLOCK": clock,
            "PYTHONPATH": str(Path(ROOT)),
            "PYTHONUNBUFFERED": "1",
        },
    )


def stop(settings: Settings, number: int = 1) -> bool:
    """Stop a worker; return whether it ran."""
    return process(settings, number).stop(patience=15)
