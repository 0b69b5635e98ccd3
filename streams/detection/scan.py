"""Does an excess stand by itself, or does a whole zone stand out: a landlord, a commune, an EPCI?

The expectation-based Poisson scan over given zones: for a zone of Y events where mu are expected,

    LLR = Y log(Y / mu) - (Y - mu) if Y > mu, else 0

divided by the dispersion, and a zone's p-value is the share of draws of the whole map of which the greatest LLR is at
least its own. Sources: Kulldorff, Communications in Statistics 26 (1997) 1481-1496; Neill, International Journal of
Forecasting 25 (2009) 498-517 (expectations instead of a total).

Almost every quartier of one landlord above its expectation in one month is hardly ever about the quartiers: it is an
upload (a catch-up, a change of software). `uploads` says where.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from streams.detection import negative_binomial
from streams.detection.verdicts import Bools, Floats, Ints


class Zone(NamedTuple):
    """A zone: its kind (`landlord`, `commune`, `epci`), its name, and the cells that lie in it."""

    kind: str
    name: str
    cells: Ints


class Cluster(NamedTuple):
    """What was found of a zone: events and expectation, the likelihood ratio, and the p-value on the whole map."""

    zone: Zone
    events: float
    expected: float
    ratio: float
    p_value: float


def likelihood_ratio(count: Floats, expected: Floats) -> Floats:
    """Return the logarithm of the likelihood ratio of an excess; 0 where there is none. Any shape, in events."""
    above = (count > expected) & (expected > 0)
    safe = np.where(above, count, 1.0), np.where(above, expected, 1.0)
    ratio: Floats = np.where(above, safe[0] * np.log(safe[0] / safe[1]) - (safe[0] - safe[1]), 0.0)
    return ratio


def scan(
    count: Floats, expected: Floats, zones: list[Zone], dispersion: float, rng: np.random.Generator, draws: int = 999
) -> list[Cluster]:
    """Return the zones with an excess, the greatest likelihood ratio first.

    `count` and `expected` (cells,), a cell is a landlord's part of a quartier; cells without verdict have NaN and are
    in no zone. Draws are negative binomial of variance `dispersion` times the mean. Same generator, same p-values.
    """
    told = np.isfinite(count) & np.isfinite(expected) & (expected > 0)
    y, mu = np.where(told, count, 0.0), np.where(told, expected, 0.0)
    member = np.zeros((len(y), len(zones)))
    for number, zone in enumerate(zones):
        member[zone.cells, number] = 1.0
    observed, mean = y @ member, mu @ member
    ratio = likelihood_ratio(observed, mean) / dispersion
    best = np.zeros(draws)
    cells = np.flatnonzero(told)
    for draw in range(draws):
        if dispersion > 1:
            drawn = rng.negative_binomial(mu[cells] / (dispersion - 1), 1 / dispersion)
        else:
            drawn = rng.poisson(mu[cells])
        best[draw] = likelihood_ratio(drawn @ member[cells], mean).max(initial=0.0) / dispersion
    p = (1 + (best[:, None] >= ratio).sum(axis=0)) / (draws + 1)
    order = np.argsort(-ratio, kind="stable")
    return [
        Cluster(zones[n], float(observed[n]), float(mean[n]), float(ratio[n]), float(p[n]))
        for n in order
        if ratio[n] > 0
    ]


@dataclass(frozen=True)
class UploadRules:
    """A landlord's excess is an upload's if its zone's p-value is at most `chance`, it has at least `quartiers`
    quartiers, and at least the share `spread` of them is above its expectation.
    """

    chance: float = 0.01
    quartiers: int = 3
    spread: float = 0.75


def uploads(
    count: Floats, expected: Floats, clusters: list[Cluster], rules: UploadRules | None = None
) -> list[Cluster]:
    """Return the landlords whose excess looks like an upload's, of the zones of kind `landlord`."""
    rules = rules or UploadRules()
    found = []
    for one in clusters:
        cells = one.zone.cells[np.isfinite(count[one.zone.cells]) & (expected[one.zone.cells] > 0)]
        if one.zone.kind != "landlord" or one.p_value > rules.chance or len(cells) < rules.quartiers:
            continue
        if (count[cells] > expected[cells]).mean() >= rules.spread:
            found.append(one)
    return found


def explained(
    quartier: Ints,
    count: Floats,
    mean: Floats,
    variance: Floats,
    suspects: list[Cluster],
    alpha: float,
) -> Bools:
    """Return, for each quartier, whether it would raise no alarm without the landlords of `suspects`.

    `quartier` (cells,) numbers the quartier of each cell, from 0 without a hole; counts, means and variances (cells,).
    A quartier of which nothing is left without them is explained too.
    """
    rest = np.isfinite(count) & (mean > 0)
    touched = np.zeros(int(quartier.max(initial=-1)) + 1, dtype=bool)
    for one in suspects:
        rest[one.zone.cells] = False
        touched[quartier[one.zone.cells]] = True
    y, m, v = (
        np.bincount(quartier, np.where(rest, values, 0.0), len(touched)).astype(np.float64)
        for values in (count, mean, variance)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        quiet = (m <= 0) | (negative_binomial.at_least(y, m, v) >= alpha)
    return touched & quiet
