"""Rounded figures as equations: what each adds up is not counts, but counts that were rounded piece by piece.

What is published with the rules says how: the moves of a piece of land since the first month, and a secret phase, are
brought down to a multiple of the base, and a figure is the difference of two such sums, added up over its land. So a
figure is its count, plus what the sums of its land are off at its end, less what they were off before its beginning:
overlapping windows share these. That sums are multiples is left out: on one piece of land it says nothing more, and
of several it would only tell which of them rose.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Aside(Protocol):
    """Adds an unknown that is no count: kind, group, month, and what it lies between; returns its column."""

    def __call__(self, kind: str, group: int, month: int, least: float, greatest: float) -> int: ...


class Difference(NamedTuple):
    """Sums of columns less sums of others, and what the difference lies between."""

    plus: tuple[int, ...]
    minus: tuple[int, ...]
    low: float
    high: float


class Rounding:
    """What is known of one total's sums, group by group."""

    def __init__(self, base: int, aside: Aside) -> None:
        self._reach, self._aside = base - 1, aside
        self._off: dict[tuple[int, int], int] = {}
        self.bonds: list[Difference] = []
        """How far each sum may be off, whatever its phase."""

    def figure(self, counts: tuple[int, ...], groups: Iterable[int], first: int, last: int, value: float) -> Difference:
        """Return the equation of a figure of the months `first` to `last`, counted from the first one published."""
        groups = tuple(groups)
        ends = tuple(self._off_at(group, last) for group in groups)
        # Before the first month nothing has been counted, and nothing rounded.
        begins = tuple(self._off_at(group, first - 1) for group in groups if first > 0)
        return Difference((*counts, *ends), begins, value, value)

    def _off_at(self, group: int, month: int) -> int:
        """Return by how much the rounded sum of a group is off at the end of a month: from -reach + phase to phase."""
        if (known := self._off.get((group, month))) is not None:
            return known
        reach = float(self._reach)
        phase = self._aside("phase", group, 0, 0.0, reach)
        found = self._off[group, month] = self._aside("off", group, month, -reach, reach)
        self.bonds.append(Difference((phase,), (found,), 0.0, reach))
        return found
