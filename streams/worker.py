"""One worker process: `python -m streams.worker worker-1`."""

import gc
import os
import sys

import faust
import uvloop

from runtime.clock import clock_from
from runtime.logging import configure
from runtime.settings import Settings
from streams.app import create_app
from streams.ingest.topics import topics_when_reachable


def main(name: str = "worker-1") -> None:
    """Run until stopped. The instance and the clock come from the environment."""
    configure()
    uvloop.install()
    # Decoding makes many short-lived dicts: the default collector would scan the heap every 700 of them.
    gc.set_threshold(100_000, 20, 20)
    settings = Settings.load()
    app = create_app(settings, clock_from(os.environ.get("QUARTIERS_CLOCK")), name, topics_when_reachable(settings))
    level = os.environ.get("QUARTIERS_LOG_LEVEL", "warning")
    faust.Worker(app, loglevel=level, redirect_stdouts=False, quiet=True).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
