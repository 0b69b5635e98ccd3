"""Every move of the region with its identity and the landlord that publishes it.

The identity of a move is (dwelling, lease, direction, key): `key` tells the leases of the old ERP
from those of the new one, and a lease entered twice from the first.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from producers.region.draws import Bools, Ints, first_day, stream
from producers.region.dwellings import Dwellings
from producers.region.households import CODES, WITHOUT_NOTICE, Households
from producers.region.landlords import ABSORBED, ABSORBER, Landlord
from producers.region.tenancies import MISTAKE, WITHDRAWN, Moves

FIRST_KEY, NEW_ERP, ENTERED_TWICE = range(3)
NO_NOTICE = -1


@dataclass(frozen=True)
class Register:
    """Columns by move; days are day numbers, `tenancy` a month number, codes indices in `households`."""

    dwelling: Ints
    lease: Ints
    arrival: Bools
    effective: Ints
    tenancy: Ints
    origin: Ints
    landlord: Ints
    notice: Ints
    reason: Ints
    rooms: Ints
    place: Ints
    household_type: Ints
    household_size: Ints
    holder_age: Ints
    quality: Ints
    key: Ints
    taken_over: Bools

    def take(self, rows: Ints) -> "Register":
        """Return the register of some rows only."""
        return Register(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def extended(self, rows: Ints, key: int) -> "Register":
        """Return the register with a copy of some rows, under another key, at its end."""
        copy = replace(self.take(rows), key=np.full(rows.size, key, dtype=np.int64))
        return Register(
            **{one.name: np.concatenate([getattr(self, one.name), getattr(copy, one.name)]) for one in fields(self)}
        )

    def identity(self) -> Ints:
        """Return a number by row that is equal for, and only for, the same move."""
        return ((self.dwelling * 1024 + self.lease) * 2 + self.arrival) * 4 + self.key


def build_register(
    moves: Moves,
    dwellings: Dwellings,
    households: Households,
    landlords: tuple[Landlord, ...],
    *,
    merger: int,
    seed: int,
) -> Register:
    """Give each move its publisher and its notice; `merger` is a day number."""
    rng = stream(seed, "register")
    size = moves.dwelling.size
    landlord = dwellings.landlord[moves.dwelling]
    taken_over = (landlord == ABSORBED) & (moves.effective >= merger)
    landlord[taken_over] = ABSORBER
    notice = _notices(rng, moves, households)
    quality = np.searchsorted(np.array([0.94, 0.98]), rng.random(size)).astype(np.int64)
    register = Register(
        moves.dwelling,
        moves.lease,
        moves.arrival,
        moves.effective,
        moves.tenancy,
        moves.origin,
        landlord,
        notice,
        households.reason,
        dwellings.rooms[moves.dwelling],
        households.place,
        households.household_type,
        households.household_size,
        households.holder_age,
        quality,
        np.zeros(size, dtype=np.int64),
        taken_over,
    )
    sent = _sent(register, dwellings, landlords) & ~_crowded(register)
    return register.take(np.flatnonzero(sent))


def _notices(rng: np.random.Generator, moves: Moves, households: Households) -> Ints:
    """Draw the day of the notice: one or three months before the exit, none for some reasons."""
    size = moves.dwelling.size
    short = np.array([code in ("mutation_interne", "autre_bailleur", "emploi") for code in CODES])
    lead = np.where(short[households.reason] | (rng.random(size) < 0.3), 30, 91) + rng.integers(0, 5, size)
    begun = np.array([first_day(int(month)) for month in np.unique(moves.tenancy)])
    first = begun[np.searchsorted(np.unique(moves.tenancy), moves.tenancy)] + 1
    notice = np.minimum(np.maximum(moves.effective - lead, first), moves.effective)
    without = np.array([code in WITHOUT_NOTICE for code in CODES])[households.reason]
    without &= moves.origin != WITHDRAWN
    return np.where(moves.arrival | without, NO_NOTICE, notice).astype(np.int64)


def _sent(register: Register, dwellings: Dwellings, landlords: tuple[Landlord, ...]) -> Bools:
    """A landlord that declares its QPVs only sends the moves of its QPVs only."""
    partial = np.array([one.scope == "qpv_only" for one in landlords])
    outside = np.array([not (cell.qpv_2024 or cell.qpv_2015) for cell in dwellings.cells])
    sent: Bools = ~(partial[register.landlord] & outside[dwellings.cell[register.dwelling]])
    return sent


def _crowded(register: Register) -> Bools:
    """Notices withdrawn and mistakes too near another notice of the same lease: they would overlap."""
    identity = register.identity()
    order = np.lexsort((register.effective, identity))
    ordered, days = identity[order], register.effective[order]
    phantom = np.isin(register.origin[order], [WITHDRAWN, MISTAKE])
    near = np.zeros(order.size, dtype=bool)
    near[:-1] |= phantom[:-1] & (ordered[:-1] == ordered[1:]) & (days[1:] - days[:-1] < 500)
    near[1:] |= phantom[1:] & (ordered[:-1] == ordered[1:])
    # a mistake leaves no second chance: the same lease is not used again
    mistake = register.origin[order] == MISTAKE
    near[:-1] |= mistake[:-1] & (ordered[:-1] == ordered[1:])
    crowded = np.zeros(order.size, dtype=bool)
    crowded[order] = near
    return crowded
