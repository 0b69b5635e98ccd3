"""How often: work that may take a share of the time at most waits longer, the longer it took."""


class Pace:
    """Remembers when the next turn is due. Instants and durations in seconds, of one clock."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._not_before = 0.0

    def due(self, now: float) -> bool:
        """Return whether a turn may begin."""
        return now >= self._not_before

    def took(self, started: float, ended: float) -> None:
        """Note a turn."""
        self._not_before = started + (ended - started) / self._share
