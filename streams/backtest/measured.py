"""All that is measured of a detector on one panel, by a seed: the same seed gives the same figures.

Invariant: where nothing happens is drawn from what the model expects of the panel itself, with its exposure, its
coverage and its gaps; so are incidents. Only the panel as it is, and its own events moved, owe nothing to the model.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from streams.backtest.calm import Calm, calm
from streams.backtest.detector import Detector
from streams.backtest.disturbances import with_corrections, with_coverage, with_late_batches, with_stock_steps
from streams.backtest.draws import Drawn, redrawn
from streams.backtest.incidents import FACTORS, LENGTHS, Caught, Precision, add_precision, caught
from streams.backtest.recombine import Recombined, recombine
from streams.detection.verdicts import Ints

TESTS, MOST_DRAWS = 80_000, 20
"""So many tests are wanted of each kind of panel where nothing happens, of so many draws at most."""
STRUCK, MOST_STARTS = 4_000, 12
"""So many series are struck for each kind of incident, at so many beginnings at most."""
WIDER = (1.3, 2.0)
"""Dispersions tried beside the panel's own."""


@dataclass(frozen=True)
class Measured:
    """What was found. `as_is`: of the panel itself; `quiet`: of panels where nothing happens, by kind; `phi`: the mean
    dispersion of the panel, as estimated; `draws`, `starts`: how many of each.
    """

    as_is: Calm
    quiet: dict[str, Calm]
    caught: list[Caught]
    precision: list[Precision]
    recombined: Recombined
    phi: float
    draws: int
    starts: int


def kinds(tested: Ints) -> dict[str, Callable[[np.random.Generator, Drawn], Drawn]]:
    """Return what is done to panels where nothing happens, by name."""

    def wider(phi: float) -> Callable[[np.random.Generator, Drawn], Drawn]:
        return lambda rng, source: redrawn(rng, replace(source, phi=np.full_like(source.phi, phi)))

    return {
        "own": redrawn,
        **{f"phi {phi:g}": wider(phi) for phi in WIDER},
        "steps": lambda rng, source: with_stock_steps(rng, redrawn(rng, source)),
        "coverage": lambda rng, source: with_coverage(rng, redrawn(rng, source)),
        "batches": lambda rng, source: with_late_batches(rng, redrawn(rng, source), tested, told=True),
        "batches untold": lambda rng, source: with_late_batches(rng, redrawn(rng, source), tested, told=False),
        "corrections": lambda rng, source: with_corrections(rng, redrawn(rng, source)),
    }


def measure(
    detector: Detector,
    source: Drawn,
    tested: Ints,
    alpha: float,
    year: int,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
) -> Measured:
    """Return all measures. `year` in periods; `tell` is told the share of the work that is done, from 0 to 1."""
    as_is, judged = calm(detector, source.panel, tested, alpha)
    draws = int(np.clip(TESTS // max(as_is.alarms.tests, 1), 1, MOST_DRAWS))
    starts = _starts(source, tested)
    made = kinds(tested)
    steps, done = (len(made) + len(FACTORS) * len(LENGTHS)) * draws, 0
    quiet = {name: Calm(alpha) for name in made}
    for number, (name, make) in enumerate(made.items()):
        for draw in range(draws):
            drawn = make(np.random.default_rng([seed, number, draw]), source)
            quiet[name].add(drawn.panel, detector(drawn.panel, tested), tested)
            done += 1
            tell(done / steps)
    found: list[Caught] = []
    right: list[Precision] = []
    for length in LENGTHS:
        for factor in FACTORS:
            rng = np.random.default_rng([seed, 100 + length, int(10 * factor)])
            found.append(caught(rng, detector, source, starts, factor, length, alpha))
            right.append(Precision(factor, length))
            for _ in range(draws):
                add_precision(right[-1], rng, detector, source, tested, alpha)
                done += 1
                tell(done / steps)
    moved = recombine(detector, source.panel, judged, tested, alpha, year)
    return Measured(as_is, quiet, found, right, moved, float(source.phi.mean()), draws, len(starts))


def _starts(source: Drawn, tested: Ints) -> Ints:
    """Return beginnings of incidents, evenly over the tested periods, none so late that it would not end."""
    possible = tested[: max(1, len(tested) - max(LENGTHS) + 1)]
    wanted = int(np.clip(STRUCK // len(source.mean), 1, MOST_STARTS))
    return possible[np.unique(np.linspace(0, len(possible) - 1, min(wanted, len(possible))).round().astype(np.int64))]
