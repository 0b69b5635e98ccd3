"""A worker that is handed nothing though messages wait: Faust or aiokafka stands still, and nobody sees it.

Seen, seldom, after a broker's kill -9. The cure is the one for every doubt: the process ends, its supervisor
starts it again, and the database says where reading goes on.
"""

import time
from collections.abc import Callable, Mapping


class StallWatch:
    """Notes when something moved last; the clock is monotonic, in seconds."""

    def __init__(self, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._now = now
        self._moved_at = now()
        self._seen: tuple[Mapping[str, int], int] | None = None

    def moved(self) -> None:
        """Note that the worker does what it must, or can do nothing about it."""
        self._moved_at = self._now()

    def stands_still(self, waiting: Mapping[str, int], mine: set[str], taken: int, *, working: bool) -> bool:
        """Return whether nothing moved for longer than patience lasts.

        `waiting` has the next offset of each topic where messages wait, `mine` the topics that this worker reads
        (none at all is no excuse: its group may have forgotten it), `taken` counts the batches it was handed, and
        `working` says that it has one in hand.
        """
        seen = ({topic: offset for topic, offset in waiting.items() if topic in mine or not mine}, taken)
        if working or not seen[0] or seen != self._seen:
            self.moved()
        self._seen = seen
        return self._now() - self._moved_at > self._patience
