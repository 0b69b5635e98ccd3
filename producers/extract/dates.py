"""Read dates as landlords write them: jj/mm/aaaa, mm/aaaa, aaaammjj ..., with the precision they have.

Invariant: the same text always reads the same; each distinct text is parsed once. A time after a date is dropped.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

Precision = Literal["day", "month", "year"]

_PARTS = {
    "aaaa": r"(?P<year>[0-9]{4})",
    "aa": r"(?P<short>[0-9]{2})",
    "mois": r"(?P<name>[^\W\d]{3,9})\.?",
    "mm": r"(?P<month>[0-9]{1,2})",
    "jj": r"(?P<day>[0-9]{1,2})(?:er)?",
}
_PART = re.compile("aaaa|mois|aa|mm|jj")
_TIME = r"(?:[ T]+[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_MONTHS = ("jan", "fev", "mar", "avr", "mai", "juin", "juil", "aou", "sep", "oct", "nov", "dec")
KNOWN_FORMATS = (
    *("jj/mm/aaaa", "jj/mm/aa", "aaaa-mm-jj", "jj-mm-aaaa", "jj.mm.aaaa", "aaaammjj", "jjmmaaaa", "aaaa/mm/jj"),
    *("jj mois aaaa", "jj-mois-aa", "mm/aaaa", "aaaa-mm", "mm-aaaa", "aaaamm", "mois aaaa", "aaaa"),
)
_ISO = "aaaa-mm-jj"  # a workbook's own dates, and what needs no saying
_REMEMBERED = 200_000


class Day(NamedTuple):
    """A date and the precision it was written with: the first of the month, or of the year, stands for the rest."""

    day: date
    precision: Precision


class FormatError(ValueError):
    """A date format that holds no year, or something else than jj, mm, mois, aa, aaaa and separators."""


def pattern_of(text: str) -> re.Pattern[str]:
    """Return the pattern of a format such as jj/mm/aaaa; FormatError if it is none."""
    parts = _PART.findall(text)
    left = _PART.sub("", text)
    if len(set(parts)) != len(parts) or not {"aaaa", "aa"} & set(parts) or re.search(r"[\w%]", left):
        raise FormatError(text)
    if "jj" in parts and not {"mm", "mois"} & set(parts):
        raise FormatError(text)
    compact = not left
    pattern = ""
    for piece in re.split("(aaaa|mois|aa|mm|jj)", text):
        part = _PARTS.get(piece)
        if part is None:
            pattern += re.escape(piece).replace(r"\ ", r"\s+")
        else:
            pattern += part.replace("{1,2}", "{2}") if compact else part
    return re.compile(pattern + (_TIME if "jj" in parts else ""))


def _month_of(name: str) -> int:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    for number, start in enumerate(_MONTHS, 1):
        if plain.startswith(start):
            return number
    return 0


class Dates:
    """Reads dates in some formats; `this_year` tells the century of a year of two digits."""

    def __init__(self, formats: Sequence[str], this_year: int, empty: frozenset[str] = frozenset()) -> None:
        """`empty` are texts that stand for no date. FormatError for a format that is none."""
        self.formats = tuple(formats)
        self._patterns = [pattern_of(one) for one in dict.fromkeys((*formats, _ISO))]
        self._latest_short = (this_year + 5) % 100
        self._empty = empty
        self._known: dict[str, Day | str | None] = {}

    def read(self, text: str) -> Day | str | None:
        """Return the day, None if the text stands for nothing, or a problem's code: impossible or unreadable."""
        try:
            return self._known[text]
        except KeyError:
            found = None if text in self._empty else self._parsed(text)
            if len(self._known) < _REMEMBERED:
                self._known[text] = found
            return found

    def _parsed(self, text: str) -> Day | str:
        outcome = "unreadable_date"
        for pattern in self._patterns:
            if match := pattern.fullmatch(text):
                found = self._day(match.groupdict())
                if isinstance(found, Day):
                    return found
                outcome = found
        return outcome

    def _day(self, parts: dict[str, str | None]) -> Day | str:
        year = int(parts.get("year") or 0)
        if short := parts.get("short"):
            year = int(short) + (2000 if int(short) <= self._latest_short else 1900)
        name, number, day = parts.get("name"), parts.get("month"), parts.get("day")
        month = _month_of(name) if name else int(number) if number else 0
        if name and not month:
            return "unreadable_date"
        precision: Precision = "day" if day else "month" if name or number else "year"
        try:
            return Day(date(year, month or (1 if precision == "year" else 0), int(day) if day else 1), precision)
        except ValueError:
            return "impossible_date"
