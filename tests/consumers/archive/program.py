"""The archive as a process that is killed: `python -m tests.consumers.archive.program FOLDER [POINT NUMBER]`.

It is the command's own code at a quicker pace, so that there is something to cut off. With a point it ends by
kill -9 at its `NUMBER`th file: `written` under another name, `renamed` but not committed, or `committed`.
"""

import itertools
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer

from consumers.archive.reading import Pace, archive
from runtime.clock import SystemClock
from runtime.logging import configure
from runtime.settings import Settings

QUICK = Pace(bytes_held=40_000, records=10, seconds=0.2, topics_seconds=0.2, poll_ms=50)


def die_at(point: str, number: int) -> None:
    """Have this process killed without a word at that file."""
    files, rename, commit = itertools.count(1), Path.replace, KafkaConsumer.commit
    due = False

    def replace(path: Path, target: Path) -> Path:
        nonlocal due
        due = due or next(files) == number
        if due and point == "written":
            os.kill(os.getpid(), signal.SIGKILL)
        done = rename(path, target)
        if due and point == "renamed":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def commit_and_die(*arguments: Any, **options: Any) -> None:
        commit(*arguments, **options)
        if due:
            os.kill(os.getpid(), signal.SIGKILL)

    Path.replace = replace  # type: ignore[method-assign, assignment]
    KafkaConsumer.commit = commit_and_die


def main(folder: str, point: str = "", number: str = "") -> None:
    """Archive until told to stop, or until it dies."""
    configure()
    if point:
        die_at(point, int(number))
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    archive(Settings.load(), Path(folder), SystemClock(), stopping, QUICK)


if __name__ == "__main__":
    main(*sys.argv[1:])
