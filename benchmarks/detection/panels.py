"""Monthly panels of which the truth is known: without incident, with one, by stock, coverage and dispersion."""

from dataclasses import dataclass, replace

import numpy as np

from schemas.territories import load
from streams.backtest.draws import counts
from streams.detection.pooled import Panel
from streams.detection.verdicts import Floats

MONTHS, FIRST_TESTED = 84, 36
SEASON = np.array([0.85, 0.85, 0.95, 0.95, 1.0, 1.1, 1.3, 1.2, 1.15, 1.0, 0.9, 0.75])
"""Departures by month of the year, July the most."""
STEP, STEPPED = 0.3, 0.3
"""A share of the series loses a share of its stock at a random month."""
UNKNOWN_STOCK = 100


@dataclass(frozen=True)
class Truth:
    """A panel, what is really expected of it (series, months), and the dispersion."""

    panel: Panel
    mean: Floats
    phi: float


def region() -> tuple[Floats, Floats]:
    """Return stock and yearly departure rate of the region's 105 quartiers, INSEE's RPLS 2022.

    Where secrecy hides them, a small stock and the median rate.
    """
    quartiers = load().qpvs_of(2015)
    stock = np.array([one.dwellings or UNKNOWN_STOCK for one in quartiers], dtype=np.float64)
    rates = np.array([one.rotation_percent or np.nan for one in quartiers], dtype=np.float64) / 100
    return stock, np.where(np.isnan(rates), np.nanmedian(rates), rates)


def typical(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return stock and rate of 105 quartiers of which the median has 5 departures a month."""
    return 660 * np.exp(0.5 * rng.standard_normal(105)), np.full(105, 60 / 660) * rng.gamma(25, 1 / 25, 105)


def draw(
    rng: np.random.Generator, stock: Floats, rate: Floats, phi: float, coverage: float = 1.0, *, steps: bool = False
) -> Truth:
    """Return a panel without incident. With a coverage below 1, each month's lies within a tenth of it."""
    shape = (len(stock), MONTHS)
    exposure = np.repeat(stock[:, None], MONTHS, axis=1)
    if steps:
        for series in np.flatnonzero(rng.random(len(stock)) < STEPPED):
            exposure[series, rng.integers(12, MONTHS - 6) :] *= 1 - STEP
    covered = np.full(shape, 1.0) if coverage == 1 else coverage + rng.uniform(-0.1, 0.1, shape)
    season = (SEASON / SEASON.mean())[np.arange(MONTHS) % 12]
    mean = exposure * covered * rate[:, None] / 12 * season
    return Truth(Panel(counts(rng, mean, phi), exposure, covered), mean, phi)


def with_incident(rng: np.random.Generator, truth: Truth, first: int, months: int, factor: float) -> Truth:
    """Return the same panel where departures are multiplied in every series for some months."""
    found = truth.panel.counts.copy()
    while_it_lasts = slice(first, first + months)
    found[:, while_it_lasts] = counts(rng, factor * truth.mean[:, while_it_lasts], truth.phi)
    return replace(truth, panel=replace(truth.panel, counts=found))
