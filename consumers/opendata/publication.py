"""What is published, read as the public may read it: one vintage, territory by territory, in one snapshot.

Invariant: nothing is read but the schema `published`, as `public_reader`; memory holds one territory's figures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple

import psycopg

from consumers.errors import ConsumerError

VINTAGES = "SELECT vintage FROM published.vintage ORDER BY vintage"
VINTAGE = "SELECT vintage, frozen_at, mode, rules, loss FROM published.vintage WHERE vintage = %s"
# Not joined with figures: each territory's are asked for in turn, by the primary key.
TERRITORIES = """
SELECT territory_id, level, code, name FROM published.territory
ORDER BY level COLLATE "C", code COLLATE "C"
"""
FIGURES = """
SELECT part, window_months, month, measure, value, status FROM published.figure
WHERE vintage = %s AND territory_id = %s
ORDER BY part COLLATE "C", window_months, month, measure COLLATE "C"
"""


@dataclass(frozen=True)
class Vintage:
    """A month of publication. `rules` decided what is secret, in the mode `suppression` or `rounding`."""

    month: date
    frozen_at: datetime
    mode: str
    rules: dict[str, Any]
    loss: dict[str, Any]


class Territory(NamedTuple):
    """A territory, as published."""

    identity: int
    level: str
    code: str
    name: str


class Figure(NamedTuple):
    """A published measure; no value unless its status is `value` or `provisional`."""

    value: int | None
    status: str


class Window(NamedTuple):
    """The published measures of one territory, part, window and month."""

    territory: Territory
    part: str
    months: int
    month: date
    figures: dict[str, Figure]


def find_vintage(connection: psycopg.Connection[Any], month: date | None) -> Vintage:
    """Return the vintage of a month, the latest without one. Raises ConsumerError if there is none."""
    known = [vintage for (vintage,) in connection.execute(VINTAGES)]
    if not known:
        raise ConsumerError(
            "rien n'est encore publié : le premier millésime paraît quand un mois est figé. Voyez "
            "`quartiers publication list`."
        )
    if month is not None and month not in known:
        told = ", ".join(f"{one:%Y-%m}" for one in known[-24:])
        raise ConsumerError(f"il n'y a pas de millésime {month:%Y-%m}. Millésimes publiés : {told}.")
    row = connection.execute(VINTAGE, (month or known[-1],)).fetchone()
    assert row is not None  # noqa: S101 one snapshot
    return Vintage(*row)


def territories(connection: psycopg.Connection[Any]) -> list[Territory]:
    """Return the published territories, by level and code."""
    return [Territory(*row) for row in connection.execute(TERRITORIES)]


def windows(connection: psycopg.Connection[Any], vintage: date, territory: Territory) -> Iterator[Window]:
    """Yield what a vintage says of a territory, by part, window and month."""
    rows = connection.execute(FIGURES, (vintage, territory.identity)).fetchall()
    for (part, months, month), group in groupby(rows, lambda row: row[:3]):
        yield Window(territory, part, months, month, {row[3]: Figure(*row[4:]) for row in group})
