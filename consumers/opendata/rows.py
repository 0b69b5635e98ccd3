"""Rows of the two tables, from the published measures of a window.

Invariant: an indicator's value is made of published values alone; where one of them is not there, neither is it.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from consumers.opendata.publication import Figure, Window
from consumers.opendata.tables import PARTS, STATUSES, derived
from schemas.indicators import Indicator, rate
from schemas.indicators.measures import MEASURES

DECIMALS = 4
_BEFORE_RATE = ("no_data", "not_covered", "secret")
"""Statuses of a measure that leave nothing to compute, the strongest first."""


def _where(vintage: date, window: Window) -> list[Any]:
    territory = window.territory
    place = [territory.level, territory.code, territory.name, PARTS[window.part]]
    return [vintage, *place, window.months, window.month]


def figure_rows(vintage: date, window: Window) -> Iterator[list[Any]]:
    """Yield a row of `FIGURES` for each published measure, in the measures' own order."""
    where = _where(vintage, window)
    for name, label in MEASURES.items():
        if (figure := window.figures.get(name)) is not None:
            yield [*where, name, label, figure.value, STATUSES[figure.status]]


def indicator_rows(vintage: date, window: Window) -> Iterator[list[Any]]:
    """Yield a row of `INDICATORS` for each indicator of which every measure is published here, secret or not."""
    where = _where(vintage, window)
    inside = window.territory.level.startswith("qpv") or window.part == "qpv"
    for code, one in derived().items():
        needed = _needed(one)
        if window.months in one.windows and (inside or one.places != "qpv") and needed <= window.figures.keys():
            figures = {name: window.figures[name] for name in sorted(needed)}
            yield [*where, code, one.label(window.months), one.unit, *_told(one, figures, window.months)]


def _needed(one: Indicator) -> set[str]:
    sides = [one.numerator, one.denominator, one.at_risk if one.least_dwellings else None]
    if one.held_back is not None:
        sides += [one.held_back.unknown, one.held_back.among]
    return {name for side in sides if side for name, _ in side}


def _told(one: Indicator, figures: dict[str, Figure], months: int) -> list[Any]:
    """Return numerator, denominator, value, bounds and status."""
    found = rate(one, {name: figure.value for name, figure in figures.items()}, months)
    statuses = {figure.status for figure in figures.values()}
    status = next((name for name in _BEFORE_RATE if name in statuses), found.status)
    if status == "value" and "provisional" in statuses:
        status = "provisional"
    numbers = [found.value, found.lower, found.upper] if status in ("value", "provisional") else [None] * 3
    return [
        found.numerator,
        found.denominator,
        *(None if number is None else round(float(number), DECIMALS) for number in numbers),
        STATUSES[status],
    ]
