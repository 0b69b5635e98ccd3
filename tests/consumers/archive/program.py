"""The archive as a process that a test may kill: `python -m tests.consumers.archive.program FOLDER`.

It is the command's own code at a quicker pace, so that there is something to cut off.
"""

import signal
import sys
import threading
from pathlib import Path

from consumers.archive.reading import Pace, archive
from runtime.clock import SystemClock
from runtime.logging import configure
from runtime.settings import Settings

QUICK = Pace(bytes_held=40_000, seconds=0.2, topics_seconds=0.2, poll_ms=50)


def main(folder: str) -> None:
    """Archive until told to stop."""
    configure()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    archive(Settings.load(), Path(folder), SystemClock(), stopping, QUICK)


if __name__ == "__main__":
    main(*sys.argv[1:])
