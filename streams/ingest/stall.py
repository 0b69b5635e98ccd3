"""A worker that is handed nothing though messages wait: Faust or aiokafka stands still, and nobody sees it.

Seen, seldom, after a broker's kill -9. The cure is the one for every doubt: the process ends, its supervisor
starts it again, and the database says where reading goes on.
"""

import time
from collections.abc import Callable, Mapping

ORPHANED = 15
"""How many times longer a topic that another worker reads, or nobody, may wait."""


class StallWatch:
    """Notes when what waits moved last; the clock is monotonic, in seconds."""

    def __init__(self, patience: float, now: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience
        self._now = now
        self._since: dict[str, tuple[int, int, float]] = {}

    def moved(self) -> None:
        """Note that the worker does what it must, or can do nothing about it."""
        self._since.clear()

    def stands_still(self, waiting: Mapping[str, int], mine: set[str], taken: int, *, working: bool) -> bool:
        """Return whether a topic where messages wait has not moved for longer than patience lasts.

        `waiting` has the offset that is due by topic, `mine` the topics that this worker reads, `taken` counts the
        batches it was handed, and `working` says that it has one in hand. A worker that reads nothing is not
        excused by the others: its group may have forgotten it.
        """
        if working:
            self.moved()
            return False
        now, before = self._now(), self._since
        self._since = {}
        for topic, due in waiting.items():
            own = taken if topic in mine or not mine else 0
            held = before.get(topic)
            self._since[topic] = held if held is not None and held[:2] == (due, own) else (due, own, now)
        return any(
            now - since > self._patience * (1 if topic in mine or not mine else ORPHANED)
            for topic, (_, _, since) in self._since.items()
        )
