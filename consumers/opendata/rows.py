"""Rows of the two tables, from the published measures of a window.

Invariant: an indicator's value is made of published values alone; where one of them is not there, neither is it.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from consumers.opendata.publication import Figure, Window
from consumers.opendata.tables import LEVELS, PARTS, STATUSES, derived
from schemas.indicators import Indicator, rate
from schemas.indicators.measures import MEASURES

DECIMALS = 4
_BEFORE_RATE = ("no_data", "not_covered")
"""Statuses of a measure that leave nothing to compute, the strongest first. What a secret leaves is the registry's."""


def _where(vintage: date, window: Window) -> list[Any]:
    territory = window.territory
    place = [LEVELS[territory.level], territory.code, territory.name, PARTS[window.part]]
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
    for code, (one, needed) in _asked(window.months).items():
        if (inside or one.places != "qpv") and needed <= window.figures.keys():
            figures = {name: window.figures[name] for name in needed}
            yield [*where, code, one.label(window.months), one.unit, *_told(one, figures, window.months)]


@cache
def _asked(months: int) -> dict[str, tuple[Indicator, frozenset[str]]]:
    """Return the indicators that are told over so many months, each with the measures that it needs."""
    return {code: (one, _needed(one)) for code, one in derived().items() if months in one.windows}


def _needed(one: Indicator) -> frozenset[str]:
    sides = [one.numerator, one.denominator, one.at_risk if one.least_dwellings else None]
    if one.held_back is not None:
        sides += [one.held_back.unknown, one.held_back.among]
    return frozenset(name for side in sides if side for name, _ in side)


def _told(one: Indicator, figures: dict[str, Figure], months: int) -> list[Any]:
    """Return numerator, denominator, value, bounds and status."""
    found = rate(one, {name: figure.value for name, figure in figures.items()}, months)
    statuses = {figure.status for figure in figures.values()}
    status = next((name for name in _BEFORE_RATE if name in statuses), found.status)
    if status == "too_few_dwellings" and any(figures[name].value is None for name, _ in one.at_risk):
        status = "secret"  # how many there are is not told
    if status == "value" and "provisional" in statuses:
        status = "provisional"
    numbers = [found.value, found.lower, found.upper] if status in ("value", "provisional") else [None] * 3
    return [
        found.numerator,
        found.denominator,
        *(None if number is None else round(float(number), DECIMALS) for number in numbers),
        STATUSES[status],
    ]
