"""A worker with a bug: `python buggy_worker.py decode|before|inside worker-1` raises at its second batch.

`decode`: while reading a message; `before`: before the transaction; `inside`: in it, all but the offsets written.
"""

import sys
from collections.abc import Callable
from typing import Any

from streams import worker, worker_settings
from streams.ingest import commit, pipeline

PLACES = {
    "decode": (pipeline, "decode", 40),
    "before": (pipeline, "commit_batch", 2),
    "inside": (commit, "move_offsets_on", 2),
}


def broken(works: Callable[..., Any], at: int) -> Callable[..., Any]:
    """Return the function, failing at its call number `at`."""
    calls = 0

    def call(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise ZeroDivisionError("a bug put in by the test")
        return works(*arguments, **options)

    return call


def main(where: str, name: str) -> None:
    """Run the worker with the bug."""
    module, function, at = PLACES[where]
    setattr(module, function, broken(getattr(module, function), at))
    worker_settings.TAKE_MESSAGES = 20  # several batches, though the event set is small
    sys.argv = sys.argv[:1]
    worker.main(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
