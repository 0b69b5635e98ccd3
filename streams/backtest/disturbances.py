"""What happens to panels without anything happening in the quartiers: stocks that step, late batches, corrections.

Each takes a panel in which nothing happens and returns one in which still nothing does; so whatever alarm it brings is
a false one. Draws are by the generator that is given.
"""

from dataclasses import replace

import numpy as np

from streams.backtest.draws import Drawn
from streams.detection.verdicts import Floats, Ints

STEPPED, STEP = 0.3, 0.3
"""A share of the series loses a share of its stock, once."""
COVERED = 0.6
LATE, LATE_PERIODS = 0.3, 4
"""A share of the series is told in one batch after so many periods."""
CORRECTED, TAKEN = 0.02, 0.5
BELOW_ZERO = 0.005
"""Shares of the counts that corrections halve, or take below zero."""


def with_stock_steps(rng: np.random.Generator, drawn: Drawn) -> Drawn:
    """Return the panel where some series lose part of their stock at some period; exposures say so."""
    series, periods = drawn.mean.shape
    left = np.ones(drawn.mean.shape)
    for one in np.flatnonzero(rng.random(series) < STEPPED).tolist():
        left[one, rng.integers(0, periods) :] = 1 - STEP
    panel = drawn.panel
    return replace(
        drawn,
        mean=drawn.mean * left,
        panel=replace(panel, counts=thinned(rng, panel.counts, left), exposure=panel.exposure * left),
    )


def with_coverage(rng: np.random.Generator, drawn: Drawn) -> Drawn:
    """Return the panel where about 60 % is declared everywhere (each within a tenth of it); coverage says so."""
    share = COVERED + rng.uniform(-0.1, 0.1, drawn.mean.shape)
    return _covered(rng, drawn, share, drawn.panel.coverage * share)


def with_late_batches(rng: np.random.Generator, drawn: Drawn, tested: Ints, *, told: bool) -> Drawn:
    """Return the panel where part of the stock of some series declares nothing for a while, then all at once.

    While it is silent its share is not declared: with `told` coverage says so, and what comes late goes to the periods
    to which it belongs; without, coverage is 1 throughout and what comes late is counted when it comes.
    """
    counts, share = drawn.panel.counts.copy(), np.ones(drawn.mean.shape)
    late = np.zeros_like(counts)
    starts = tested[: max(1, len(tested) - LATE_PERIODS)]
    for one in np.flatnonzero(rng.random(len(counts)) < LATE).tolist():
        start = int(rng.choice(starts))
        silent = slice(start, start + LATE_PERIODS)
        share[one, silent] = COVERED
        kept = thinned(rng, counts[one, silent], np.full(counts[one, silent].shape, COVERED))
        missing = np.nansum(counts[one, silent] - kept)
        counts[one, silent] = kept
        if start + LATE_PERIODS < counts.shape[1]:
            late[one, start + LATE_PERIODS] = missing
    panel = drawn.panel
    if told:
        return replace(
            drawn, mean=drawn.mean * share, panel=replace(panel, counts=counts, coverage=panel.coverage * share)
        )
    return replace(drawn, panel=replace(panel, counts=counts + late))


def with_corrections(rng: np.random.Generator, drawn: Drawn) -> Drawn:
    """Return the panel where corrections halve some counts and take others below zero."""
    found = drawn.panel.counts.copy()
    chance = rng.random(found.shape)
    halved = thinned(rng, found, np.full(found.shape, 1 - TAKEN))
    found = np.where(chance < CORRECTED, halved, found)
    found = np.where(chance > 1 - BELOW_ZERO, -1.0 - np.maximum(np.nan_to_num(halved), 0), found)
    return replace(drawn, panel=replace(drawn.panel, counts=found))


def thinned(rng: np.random.Generator, counts: Floats, share: Floats) -> Floats:
    """Return the counts of which each event is kept with the chance `share`; what is unknown or negative stays."""
    there = counts > 0
    kept = rng.binomial(np.where(there, counts, 0).astype(np.int64), share).astype(np.float64)
    return np.where(there, kept, counts)


def _covered(rng: np.random.Generator, drawn: Drawn, share: Floats, coverage: Floats) -> Drawn:
    panel = drawn.panel
    return replace(
        drawn,
        mean=drawn.mean * share,
        panel=replace(panel, counts=thinned(rng, panel.counts, share), coverage=coverage),
    )
