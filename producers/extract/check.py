"""Check an extract offline: what it says, by month, and what is wrong or doubtful in it.

Invariant: every problem is counted; a bounded number is kept to be listed, so that memory stays flat.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from producers.extract.problems import KINDS
from producers.extract.reading import RowReading
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem, Severity

FIRST_LINES = 5


class Examination(Protocol):
    """A further look at the records of a file, taken as they are read: locating, rare combinations.

    `take` is given each record that would be sent; `lines_fr` is what to tell the clerk at the end.
    """

    def take(self, record: MoveRecord | DwellingRecord) -> None:
        """Look at one record."""
        ...

    def lines_fr(self) -> Iterable[str]:
        """Return the lines of its report."""
        ...


@dataclass
class Found:
    """How often a kind of problem occurs, and on which lines first."""

    count: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Report:
    """What a check found; at most `keep` problems of each severity are listed."""

    keep: int
    rows: int = 0
    records: int = 0
    by_code: dict[str, Found] = field(default_factory=dict)
    moves: Counter[tuple[tuple[int, int], str]] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    errors_shown: list[RowProblem] = field(default_factory=list)
    warnings_shown: list[RowProblem] = field(default_factory=list)

    def take(self, reading: RowReading) -> None:
        """Count a row, its records and its problems."""
        self.rows += 1
        if reading.problems:
            self.note(reading.problems)
        for record in reading.records:
            self._count(record)

    def note(self, problems: Iterable[RowProblem]) -> None:
        """Count problems, and keep the first ones."""
        for one in problems:
            found = self.by_code.setdefault(one.code, Found())
            found.count += 1
            if len(found.lines) < FIRST_LINES:
                found.lines.append(one.line)
            shown = self.errors_shown if one.severity == "error" else self.warnings_shown
            if len(shown) < self.keep:
                shown.append(one)

    def _count(self, record: MoveRecord | DwellingRecord) -> None:
        self.records += 1
        if isinstance(record, DwellingRecord):
            self.modes[record.mode] += 1
            return
        self.statuses[record.status] += 1
        if record.status == "effective":
            day = record.effective_on
            self.moves[(day.year, day.month), record.direction] += 1

    def count(self, severity: Severity) -> int:
        """Return how many problems of a severity there are."""
        return sum(found.count for code, found in self.by_code.items() if KINDS[code].severity == severity)

    def shown(self) -> list[RowProblem]:
        """Return the first problems, errors before warnings, at most `keep`."""
        return [*self.errors_shown, *self.warnings_shown][: self.keep]

    def months(self) -> list[tuple[str, int, int]]:
        """Return (month, departures, arrivals) of the effective moves, in order."""
        months = sorted({month for month, _ in self.moves})
        return [
            (f"{month[0]:04d}-{month[1]:02d}", self.moves[month, "out"], self.moves[month, "in"]) for month in months
        ]
