"""Small panels of which the truth is known."""

import numpy as np

from streams.detection.calendar import Calendar
from streams.detection.pooled import Panel
from streams.detection.verdicts import Floats

MONTHS = 72
CALENDAR = Calendar(MONTHS, 12)
SEASON = 1 + 0.3 * np.cos(2 * np.pi * np.arange(MONTHS) / 12)


def means(series: int, level: float = 5.0, seed: int = 1) -> Floats:
    """Return expectations (series, months) of the same season, of levels that differ."""
    rng = np.random.default_rng(seed)
    return level * rng.gamma(6, 1 / 6, series)[:, None] * SEASON


def drawn(mean: Floats, phi: float = 1.3, seed: int = 2) -> Floats:
    return np.random.default_rng(seed).negative_binomial(mean / (phi - 1), 1 / phi).astype(np.float64)


def panel(series: int = 40, level: float = 5.0, phi: float = 1.3, seed: int = 2) -> Panel:
    return Panel.of(drawn(means(series, level), phi, seed))
