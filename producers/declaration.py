"""What a landlord declares complete, with control totals: silence is not zero.

Only the newest declaration of a scope counts, so each one extends the last: it keeps its first day. Control totals
speak of the months that are newly declared, not of all that the file holds: a late February move in an extract of
March is no total of February.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from producers.errors import LandlordError
from producers.events import Registered, registered
from producers.journal import Journal
from producers.stock import Scope
from schemas.events.models import DECLARATION

Totals = Iterable[tuple[str, str, int]]
"""(month YYYY-MM, direction, effective moves)."""


@dataclass(frozen=True)
class Complete:
    """`All my moves from `first` (None: since the first stock) to `last` are sent.`

    Of what this sending adds, the totals are said: from `news` to `until` (None: to `last`). `kept` is the first day of
    what `last` was declared with, where an earlier part is said again.
    """

    first: date | None
    last: date
    news: date
    scope: Scope = "whole_stock"
    until: date | None = None
    kept: date | None = None

    @property
    def months(self) -> tuple[str, str]:
        """The first and last months whose control totals are said: those declared from their first day on."""
        first = self.news
        if first.day > 1:
            first = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return f"{first:%Y-%m}", f"{self.until or self.last:%Y-%m}"

    def remember(self, journal: Journal) -> None:
        """Write the declaration down, for the next one to extend."""
        days = [day.isoformat() if day else None for day in (self.first, self.last, self.kept or self.news)]
        journal.set_fact(f"declared {self.scope}", json.dumps(days))


def extend(journal: Journal, first: date | None, last: date, scope: Scope) -> Complete:
    """Return what is declared complete once a period is: up to `last`, since `first` or since what was declared before.

    A period that touches what was declared adds to it and takes nothing back; one apart replaces it.
    Raises LandlordError for an impossible period.
    """
    if first and first > last:
        raise LandlordError(f"la période déclarée finit le {last:%d/%m/%Y}, avant de commencer.")
    text = journal.fact(f"declared {scope}")
    month = date(last.year, last.month, 1)
    if text is None:
        return Complete(first, last, first or month, scope)
    known_first, known_last, known_news = (date.fromisoformat(day) if day else None for day in json.loads(text))
    if known_last is None or known_news is None:
        raise ValueError("a declaration has a last day")
    after = known_last + timedelta(days=1)
    if (first and first > after) or (known_first and last < known_first - timedelta(days=1)):
        return Complete(first, last, first or month, scope)
    if first and first != known_first:
        news = first
    elif last > known_last:
        news = date(after.year, after.month, 1)
    else:
        news = known_news if last == known_last else month
    since = min(known_first, first) if known_first and first else known_first
    if last < known_last:
        return Complete(since, known_last, news, scope, until=last, kept=known_news)
    return Complete(since, last, news, scope)


def declaration_data(complete: Complete, totals: Totals | None) -> dict[str, Any]:
    """Return the `data` of a declaration, but its revision. A declared month without moves says zero.

    `totals` None: what was sent is not known here, and nothing is said of it.
    """
    first, last = complete.months
    counts: Counter[tuple[str, str]] = Counter()
    for month, direction, number in totals or ():
        if first <= month <= last:
            counts[month, direction] += number
    data: dict[str, Any] = {
        "complete_through": complete.last.isoformat(),
        "scope": complete.scope,
        "control_totals": [
            {"month": month, "direction": direction, "count": counts[month, direction]}
            for month in months_between(first, last)
            for direction in ("out", "in")
            if totals is not None
        ],
    }
    if complete.first:
        data["complete_from"] = complete.first.isoformat()
    return data


def declaration_event(data: dict[str, Any], siren: str, extracted: int, journal: Journal) -> Registered:
    """Return the declaration's event; its revision is written down.

    The newest declaration of a scope wins: its revision follows those of every period, not of this one alone.
    """
    identifier = f"declaration-{data['complete_through']}"
    return registered(f"declaration {data['scope']}", DECLARATION, identifier, data, siren, extracted, journal)


def months_between(first: str, last: str) -> list[str]:
    """Return the months (YYYY-MM) from the first to the last."""
    found = []
    year, month = int(first[:4]), int(first[5:])
    while (text := f"{year:04d}-{month:02d}") <= last:
        found.append(text)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found
