"""Who took over whom: a landlord may correct what its predecessor sent once the merger is recorded."""

from datetime import date
from typing import NamedTuple, Protocol


class Merger(NamedTuple):
    """A landlord taken over by another: since when.

    `earliest`: the predecessor's moves before that day are its own predecessors', which are out of the successor's
    reach: their identities are not known from one generation of keys alone.
    """

    merged_on: date
    earliest: date = date.min


class Lineage(Protocol):
    """The mergers that are recorded."""

    def merger(self, predecessor: str, successor: str) -> Merger | None:
        """Return the merger of two landlords (SIREN), None if there was none."""
        ...


class NoMerger:
    """Nobody took over anybody."""

    def merger(self, predecessor: str, successor: str) -> Merger | None:
        """Return None."""
        return None


class AnyMerger:
    """What a landlord's own machine can know: the observatory decides."""

    def merger(self, predecessor: str, successor: str) -> Merger | None:
        """Return a merger of all times."""
        return Merger(date.max)
