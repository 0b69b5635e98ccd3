"""Counts drawn by a seed, and how large they are expected to be."""

from dataclasses import dataclass, replace

import numpy as np

from streams.detection.calendar import Calendar
from streams.detection.panel_model import History, fit
from streams.detection.pooled import Options, Panel
from streams.detection.verdicts import Bools, Floats, Verdict

SIZES = {"under 1": (0, 1), "1 to 5": (1, 5), "5 to 20": (5, 20), "20 or more": (20, np.inf)}
"""Expected events of one period."""
NEXT_TO_POISSON = 1e-6


def by_size(expected: Floats) -> dict[str, Bools]:
    """Return which counts are expected to be how large; NaN is in no class."""
    with np.errstate(invalid="ignore"):
        return {name: (expected >= low) & (expected < high) for name, (low, high) in SIZES.items()}


def counts(rng: np.random.Generator, mean: Floats, phi: Floats | float) -> Floats:
    """Return negative binomial counts of variance phi times the mean, Poisson's where phi is 1; 0 where the mean is."""
    excess = np.asarray(phi, dtype=np.float64) - 1
    if not (excess > 0).any():
        return rng.poisson(mean).astype(np.float64)
    excess = np.maximum(excess, NEXT_TO_POISSON)
    drawn = rng.negative_binomial(np.where(mean > 0, mean, 1.0) / excess, 1 / (1 + excess))
    return np.where(mean > 0, drawn, 0).astype(np.float64)


@dataclass(frozen=True)
class Drawn:
    """A panel, what is really expected of it (series, periods), and its dispersion (series,)."""

    panel: Panel
    mean: Floats
    phi: Floats


def modelled(panel: Panel, calendar: Calendar, options: Options) -> Drawn | None:
    """Return the panel with what the model of all its periods expects of each; None where it holds no event.

    An incident of the past weighs less, but is part of it: what is expected is a little too high there.
    """
    usable = panel.usable() == Verdict.NORMAL
    exposure = np.where(usable, panel.exposure * panel.coverage, 0.0)
    if not (np.where(usable, panel.counts, 0.0) > 0).any():
        return None
    time = calendar.time / calendar.year
    history = History(panel.counts, exposure, calendar.season, time, calendar.frequency, options.reach)
    model = fit(history, options.outlying, options.slope_chance)
    mean = np.zeros(panel.counts.shape)
    for period in range(calendar.periods):
        one = np.array([period])
        mean[:, period] = model.predict(exposure[:, one], calendar.season[one], time[one])[0]
    return Drawn(panel, mean, model.dispersion)


def redrawn(rng: np.random.Generator, source: Drawn) -> Drawn:
    """Return the same panel with counts drawn anew from what is expected: nothing happens in it."""
    known = np.isfinite(source.panel.counts) & (source.mean > 0)
    fresh = np.where(known, counts(rng, source.mean, source.phi[:, None]), source.panel.counts)
    return replace(source, panel=replace(source.panel, counts=fresh))
