"""Panels and arrivals made by hand."""

from datetime import date

import numpy as np

from streams.backtest.arrivals import NEVER, Arrivals, Declaration, Moves, Places, Standing, Stock
from streams.backtest.detector import Detector, pooled_detector
from streams.backtest.draws import Drawn, modelled
from streams.detection.calendar import Calendar
from streams.detection.pooled import Options, Panel
from streams.publication.base import first_day, number

MONTHS, SERIES, RATE = 60, 40, 6.0
CALENDAR = Calendar(MONTHS, 12)
TESTED = np.arange(26, MONTHS)
DETECTOR: Detector = pooled_detector(CALENDAR, Options.of(12))


def quiet(seed: int = 1) -> Drawn:
    """Forty series of four to eight events a month in which nothing happens, as the model sees them."""
    rates = np.linspace(RATE - 2, RATE + 2, SERIES)[:, None]
    counts = np.random.default_rng(seed).poisson(rates, (SERIES, MONTHS)).astype(np.float64)
    found = modelled(Panel.of(counts), CALENDAR, Options.of(12))
    assert found is not None
    return found


QUARTIERS, DWELLINGS, FIRST = 30, 400.0, date(2023, 1, 1)
OWNER, OTHER = 0, 1
"""The landlord of the even quartiers and that of the odd ones."""
TOLD_AFTER = 10
"""Days after a month's end on which both landlords send it and declare it."""


def told_on(month: date) -> int:
    """Return the day (ordinal) on which a month is sent."""
    return first_day(number(month) + 1).toordinal() + TOLD_AFTER - 1


def received(until: date, extra: tuple[tuple[int, date, int, int], ...] = (), silent: date | None = None) -> Arrivals:
    """Return thirty quartiers of 400 dwellings with five departures and arrivals a month, sent and declared in time.

    `extra`: receipt (ordinal), month, quartier and departures to add. From the month `silent` on, the landlord of the
    odd quartiers neither sends nor declares.
    """
    rng = np.random.default_rng(4)
    rows: list[tuple[int, int, int, int, int, int]] = []
    declarations = []
    months = [first_day(month) for month in range(number(FIRST), number(until))]
    for month in months:
        for landlord in (OWNER, OTHER):
            if landlord == OTHER and silent is not None and month >= silent:
                continue
            day = told_on(month)
            end = first_day(number(month) + 1).toordinal() - 1
            declarations.append(Declaration(landlord, "whole_stock", end, 0, end, day))
        for quartier in range(QUARTIERS):
            drawn = rng.poisson(5.0, 2)
            if quartier % 2 == OTHER and silent is not None and month >= silent:
                continue
            rows.append((told_on(month), number(month), quartier % 2, quartier, int(drawn[0]), int(drawn[1])))
    rows += [(day, number(month), quartier % 2, quartier, n, 0) for day, month, quartier, n in extra]
    columns = [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]
    stocks = tuple(
        Stock(
            landlord,
            FIRST.toordinal(),
            FIRST.toordinal(),
            np.where(np.arange(QUARTIERS) % 2 == landlord, DWELLINGS, 0.0),
        )
        for landlord in (OWNER, OTHER)
    )
    return Arrivals(
        landlords=("111111111", "222222222"),
        places=Places(
            codes=tuple(f"QN{place:05d}M" for place in range(QUARTIERS)),
            quartier=np.arange(QUARTIERS),
            communes=tuple(("31555",) for _ in range(QUARTIERS)),
            epcis=tuple(("243100518",) for _ in range(QUARTIERS)),
        ),
        moves=Moves(*columns, np.zeros(len(rows), dtype=np.int64)),
        stocks=stocks,
        declarations=tuple(declarations),
        standing=tuple(Standing(one, one, 0, NEVER, NEVER) for one in (OWNER, OTHER)),
    )
