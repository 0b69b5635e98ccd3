"""Which places show how their moves divide (kinds, origins, destinations), in windows that tell nothing of each other.

Such are the windows that end in December: they never overlap. Every class is shown, or none; with one class that is
none of the families', dwellings re-let, which is decided like a family of one.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from streams.publication.base import RELET, Family
from streams.secrecy.lattice import Bools, Ints, Lattice
from streams.secrecy.protection import MONTHS
from streams.secrecy.tables import Divided, TableLimits, choose

DECEMBER = 11
Counts = Mapping[str, Ints]
"""By measure, moves by view, atom and month."""


class Division(NamedTuple):
    """What was decided of a family (or of `RELET`): the measures that are shown together, and by figure whether."""

    name: str
    total: str
    measures: tuple[str, ...]
    shown: Bools


def divide(
    lattice: Lattice,
    counts: Counts,
    consents: Bools,
    candidates: Mapping[str, Bools],
    limits: TableLimits,
    families: Sequence[Family],
) -> list[Division]:
    """Decide on the last 12 months of some counts.

    `candidates`: by total, the figures of which it is shown over these 12 months; dwellings re-let go with arrivals.
    """
    members, weights = lattice.members[: lattice.figures], lattice.weight[: lattice.figures]
    decided = []
    for family in families:
        classes = [year_of(counts, name) for name in family.classes]
        rest = year_of(counts, family.total) - sum(classes)
        x = np.stack([*classes, rest], axis=1)
        shown = choose(members, weights, Divided(x, consents), candidates[family.total], limits)
        decided.append(Division(family.name, family.total, family.classes, shown))
    x = year_of(counts, RELET)[:, None]
    shown = choose(members, weights, Divided(x, consents), candidates["arrivals"], limits)
    return [*decided, Division(RELET, RELET, (RELET,), shown)]


def year_of(counts: Counts, measure: str) -> Ints:
    """Return the moves of the last 12 months by view and atom; dwellings re-let are of the last month."""
    months = 1 if measure == RELET else MONTHS
    return np.asarray(counts[measure][:, :, -months:].sum(axis=2))
