"""What the cells of each column look like: dates, commune codes, few distinct codes, something personal.

Pure but for reading the file once. A profile keeps at most `_DISTINCT` distinct values of a column.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from producers.extract.dates import KNOWN_FORMATS, Dates, Day, pattern_of
from producers.extract.mapping import DEFAULT_EMPTY
from producers.extract.personal import is_personal_column, looks_personal_text, names_a_person
from producers.extract.tables import Row
from producers.extract.vocabulary import communes_named, qpv_generation
from schemas.territories import load

SAMPLE_ROWS = 20_000
_DISTINCT = 2_000
_MOST = 0.6
_THIS_YEAR = 2026  # only for the century of years of two digits
_EMPTY = frozenset(DEFAULT_EMPTY)
# a telephone's ten digits may be a lease's number, and an address a dwelling's
_OF_A_PERSON = frozenset({"une adresse électronique", "un numéro de sécurité sociale", "un nom", "un compte bancaire"})


@dataclass
class Profile:
    """One column: how many of its cells are filled, and its distinct values with how often each occurs."""

    name: str
    filled: int = 0
    rows: int = 0
    values: Counter[str] = field(default_factory=Counter)
    overflow: bool = False

    def add(self, text: str) -> None:
        """Count one cell."""
        self.rows += 1
        if text in _EMPTY:
            return
        self.filled += 1
        if text in self.values or len(self.values) < _DISTINCT:
            self.values[text] += 1
        else:
            self.overflow = True

    def share(self, fits: "Iterable[str] | set[str]") -> float:
        """Return the part of the filled cells (among those kept) whose value is one of `fits`."""
        total = self.values.total()
        return sum(self.values[one] for one in fits) / total if total else 0.0

    @cached_property
    def formats(self) -> list[tuple[str, float]]:
        """The date formats that read most of the cells, the best first, with the part that each reads."""
        found = []
        for one in KNOWN_FORMATS:
            dates, shape = Dates([one], _THIS_YEAR), pattern_of(one)
            fits = {
                text
                for text in self.values
                if shape.fullmatch(text) and isinstance(day := dates.read(text), Day) and 1900 <= day.day.year <= 2100
            }
            if (share := self.share(fits)) > _MOST:
                found.append((one, share))
        return sorted(found, key=lambda pair: -pair[1])

    @cached_property
    def communes(self) -> float:
        """The part of INSEE codes of known communes, a lost zero forgiven."""
        known = load().communes
        return self.share({text for text in self.values if text in known or (len(text) == 4 and "0" + text in known)})

    @cached_property
    def commune_names(self) -> float:
        """The part of names of known communes."""
        return self.share({text for text in self.values if not text.isdigit() and communes_named(text)})

    def qpvs(self, generation: int) -> float:
        """The part of QPV codes of a generation."""
        return self.share({text for text in self.values if qpv_generation(text.upper()) == generation})

    def within(self, low: float, high: float) -> float:
        """Return the part of numbers between two bounds."""
        fits = set()
        for text in self.values:
            try:
                number = float(text.replace(",", ".").replace(" ", ""))
            except ValueError:
                continue
            if low <= number <= high:
                fits.add(text)
        return self.share(fits)

    @property
    def distinct(self) -> int:
        """How many distinct values, at least."""
        return len(self.values)

    @property
    def unique(self) -> float:
        """Distinct values by filled cell: 1 for an identifier of rows."""
        return min(1.0, self.distinct / self.filled) if self.filled else 0.0

    @property
    def few(self) -> bool:
        """Whether the column holds codes: few distinct values."""
        return not self.overflow and 0 < self.distinct <= 60

    @cached_property
    def personal(self) -> str:
        """Why the column looks personal, in French; empty if it does not."""
        if is_personal_column(self.name):
            return "d'après son nom"
        return f"d'après son contenu ({self._content})" if self._content else ""

    @property
    def of_a_person(self) -> bool:
        """Whether nothing of the column may be read: it names a person, which no lease or date of ours does."""
        return names_a_person(self.name) or self._content in _OF_A_PERSON

    @cached_property
    def _content(self) -> str:
        """What many of its values look like, in French; empty if like nothing personal."""
        kinds = Counter[str]()
        for text, count in self.values.items():
            if what := looks_personal_text(text):
                kinds[what] += count
        return kinds.most_common(1)[0][0] if kinds.total() > 0.3 * self.values.total() else ""


def profile(header: list[str], rows: Iterable[Row]) -> list[Profile]:
    """Return the profile of each column over the first rows."""
    profiles = [Profile(name) for name in header]
    for number, row in enumerate(rows):
        if number >= SAMPLE_ROWS:
            break
        if row.fault is None:
            for one, text in zip(profiles, row.cells, strict=True):
                one.add(text)
    return profiles
