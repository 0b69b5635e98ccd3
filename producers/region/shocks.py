"""What the incidents do to dwellings and to the departures of their quartier."""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import Ints, month_number, stream
from producers.region.dwellings import Dwellings
from producers.region.incidents import DEMOLITION_HOUSEHOLDS, SALE_DWELLINGS, Incident, scaled
from producers.region.landlords import SELLER


@dataclass(frozen=True)
class Shocks:
    """What incidents change in the walk over the months.

    `multipliers` of departures by (group, month); `demolished`: by month, dwellings in a random order
    and how many of their households leave; `sold`: a month and the dwellings sold on its first day.
    """

    multipliers: dict[tuple[int, int], float]
    demolished: dict[int, tuple[Ints, int]]
    sold: tuple[int, Ints]


def shocks_of(incidents: tuple[Incident, ...], dwellings: Dwellings, seed: int, scale: float) -> Shocks:
    """Translate the incidents into what they do to dwellings and groups."""
    rng = stream(seed, "incidents")
    cells = dwellings.cells
    multipliers: dict[tuple[int, int], float] = {}
    demolished: dict[int, tuple[Ints, int]] = {}
    sold = (-1, np.zeros(0, dtype=np.int64))
    for one in incidents:
        months = range(month_number(one.start), month_number(one.end))
        if one.kind == "doubled_departures":
            for number, group in enumerate(dwellings.groups):
                if group.qpv_2024 == one.qpv:
                    multipliers.update({(number, month): 2.0 for month in months})
        elif one.kind == "demolition":
            chosen = np.array([cell.qpv_2024 == one.qpv for cell in cells])[dwellings.cell]
            pool = rng.permutation(np.flatnonzero(chosen & (dwellings.opens < 0)))
            half = scaled(DEMOLITION_HOUSEHOLDS / 2, scale)
            for month in months:
                demolished[month] = (pool, half)
        elif one.kind == "sale":
            chosen = np.array(
                [cell.landlord == SELLER and cell.qpv_2024 is None and cell.qpv_2015 is None for cell in cells]
            )[dwellings.cell]
            pool = rng.permutation(np.flatnonzero(chosen & (dwellings.opens < 0)))
            sold = (month_number(one.start), pool[: scaled(SALE_DWELLINGS, scale)])
    return Shocks(multipliers, demolished, sold)
