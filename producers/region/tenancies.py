"""Who leaves when: a walk over the months that keeps the state of every dwelling.

Invariant: in each group and month the expected number of departures is stock x yearly rate x season
/ 12, whatever the rooms and tenures inside, because weights are divided by their sum over the group.
A dwelling is let, then void, then let again; a void ends with an arrival.
"""

from dataclasses import dataclass

import numpy as np

from producers.region.draws import (
    Bools,
    Floats,
    Ints,
    first_day,
    months_of,
    stream,
)
from producers.region.dwellings import ALWAYS, Dwellings
from producers.region.occupancy import Occupancy, draw_voids
from producers.region.shocks import Shocks
from producers.region.stocks import Photo, photograph

SEASON = np.array([0.88, 0.88, 0.95, 0.95, 0.98, 1.10, 1.20, 1.18, 1.15, 1.00, 0.92, 0.81])
SEASON_WEIGHTS = SEASON * 12 / SEASON.sum()
ROOMS_HAZARD = np.array([2.6, 1.6, 1.0, 0.85, 0.85, 0.85])
# by completed years of tenure: many short tenancies and a long tail
_TENURE_HAZARD = np.array([1.1, 1.7, 1.5, 1.3, 1.2, 1.1, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6])
_MONTH_OF_NOTICE = 35
# chances a month: lease transfer, decant, sale to the tenant, notice withdrawn, entry by mistake
_RARE_SHARES = np.array([0.00022, 0.00004, 0.00003, 0.00026, 0.00004])

# how a row of `Moves` came to be
ORDINARY, DEMOLITION, TRANSFER, DECANT, DECANT_RETURN, SALE_TO_TENANT, FIRST_LETTING, INITIAL = range(8)
WITHDRAWN, MISTAKE = 8, 9


@dataclass
class Moves:
    """Departures and arrivals as columns; `tenancy` is the month in which the tenancy began."""

    dwelling: Ints
    lease: Ints
    arrival: Bools
    effective: Ints
    tenancy: Ints
    origin: Ints


class _Log:
    """Collects moves as columns."""

    def __init__(self) -> None:
        self.columns: list[tuple[Ints, ...]] = []

    def add(self, rows: Ints, lease: Ints, effective: Ints, tenancy: Ints, *, arrival: bool, origin: int) -> None:
        """Log one move of each dwelling in `rows`."""
        flag = np.full(rows.size, int(arrival), dtype=np.int64)
        kind = np.full(rows.size, origin, dtype=np.int64)
        self.columns.append((rows, lease, flag, effective, tenancy, kind))

    def moves(self) -> Moves:
        """Return what was logged."""
        joined = [np.concatenate(parts) for parts in zip(*self.columns, strict=True)]
        return Moves(joined[0], joined[1], joined[2].astype(bool), *joined[3:])


def walk(
    dwellings: Dwellings, first_month: int, last_month: int, seed: int, shocks: Shocks
) -> tuple[Moves, list[Photo]]:
    """Simulate from `first_month` to `last_month` (included): the moves and the quarterly stocks."""
    steps = _Walk(dwellings, first_month, stream(seed, "tenancies"), shocks)
    photos = []
    for month in range(first_month, last_month + 1):
        steps.sell(month)
        if month % 3 == 0 or month == first_month:
            photos.append(photograph(dwellings, steps.state, first_day(month), shocks.sold))
        steps.step(month)
    return steps.log.moves(), photos


class _Walk:
    """The state of the dwellings, and the log of what happened to them."""

    def __init__(self, dwellings: Dwellings, first_month: int, rng: np.random.Generator, shocks: Shocks) -> None:
        self.dwellings, self.rng, self.shocks = dwellings, rng, shocks
        self.state = Occupancy(dwellings, first_day(first_month), rng)
        self.log = _Log()
        self._hazard = ROOMS_HAZARD[dwellings.rooms]
        self._rates = np.array([group.rotation for group in dwellings.groups])
        # arrivals already certain: after the voids under way, and into the new programmes
        self._let(np.flatnonzero(self.state.passing), INITIAL)
        self._let(np.flatnonzero(dwellings.opens > ALWAYS), FIRST_LETTING)

    def _let(self, rows: Ints, origin: int) -> None:
        days = self.state.let_from[rows]
        self.state.tenancy[rows] = months_of(days)
        self.log.add(rows, self.state.lease[rows], days, months_of(days), arrival=True, origin=origin)

    def sell(self, month: int) -> None:
        """Take the dwellings that are sold this month out of the stock."""
        if month == self.shocks.sold[0]:
            sold = self.shocks.sold[1]
            self.state.gone_from[sold] = np.minimum(self.state.gone_from[sold], first_day(month))

    def step(self, month: int) -> None:
        """Let one month pass."""
        state, day = self.state, first_day(month)
        in_stock = (state.gone_from > day) & (self.dwellings.opens <= day) & ~state.works
        rows = np.flatnonzero(in_stock & (state.let_from <= day - _MONTH_OF_NOTICE))
        draw = self.rng.random(rows.size)
        odds = self._odds(rows, in_stock, month)
        self._leave(rows[draw < odds], month)
        staying = rows[draw >= odds]
        if month in self.shocks.demolished:
            pool, number = self.shocks.demolished[month]
            moved = pool[np.isin(pool, staying)][:number]
            self._exit(moved, month, DEMOLITION)
            state.demolished[moved] = True
            staying = staying[~np.isin(staying, moved)]
        self._rare(staying, month)

    def _odds(self, rows: Ints, in_stock: Bools, month: int) -> Floats:
        """Return the chance that each occupied dwelling of `rows` is left this month."""
        groups = self.dwellings.group
        years = np.clip((month - self.state.tenancy[rows]) // 12, 0, len(_TENURE_HAZARD) - 1)
        weights = self._hazard[rows] * _TENURE_HAZARD[years]
        stock = np.bincount(groups[in_stock], minlength=self._rates.size)
        target = stock * self._rates * SEASON_WEIGHTS[month % 12] / 12
        for (group, shocked), factor in self.shocks.multipliers.items():
            if shocked == month:
                target[group] *= factor
        total = np.bincount(groups[rows], weights=weights, minlength=self._rates.size)
        per_weight = target / np.maximum(total, 1e-9)
        odds: Floats = np.minimum(weights * per_weight[groups[rows]], 0.95)
        return odds

    def _exit_days(self, month: int, size: int) -> Ints:
        """Draw days of exit in the month: a third and more on its last three days."""
        day, length = first_day(month), first_day(month + 1) - first_day(month)
        anywhere = self.rng.integers(0, length, size)
        late = length - 1 - self.rng.integers(0, 3, size)
        return np.asarray(day + np.where(self.rng.random(size) < 0.35, late, anywhere), dtype=np.int64)

    def _leave(self, rows: Ints, month: int, origin: int = ORDINARY, back: int = ORDINARY) -> None:
        """Log departures, each followed by a void and an arrival."""
        state, days = self.state, self._exit_days(month, rows.size)
        self.log.add(rows, state.lease[rows], days, state.tenancy[rows], arrival=False, origin=origin)
        arrivals = days + (draw_voids(self.rng, rows.size) if origin == ORDINARY else 100)
        state.vacant_from[rows], state.let_from[rows] = days, arrivals
        state.lease[rows] += 1
        if origin == ORDINARY:
            state.tenancy[rows] = months_of(arrivals)
        self.log.add(rows, state.lease[rows], arrivals, state.tenancy[rows], arrival=True, origin=back)

    def _exit(self, rows: Ints, month: int, origin: int) -> None:
        """Log departures from dwellings that leave the stock."""
        days = self._exit_days(month, rows.size)
        self._note(rows, days, origin)
        self.state.gone_from[rows] = days

    def _note(self, rows: Ints, days: Ints, origin: int) -> None:
        state = self.state
        self.log.add(rows, state.lease[rows], days, state.tenancy[rows], arrival=False, origin=origin)

    def _rare(self, rows: Ints, month: int) -> None:
        """Draw what is no departure: notices withdrawn, mistakes, transfers, decants, sales to the tenant."""
        lot = np.searchsorted(np.cumsum(_RARE_SHARES), self.rng.random(rows.size), side="right")
        transfer, decant, sale, withdrawn, mistake = (rows[lot == kind] for kind in range(5))
        for some, origin in ((withdrawn, WITHDRAWN), (mistake, MISTAKE)):
            self._note(some, self._exit_days(month, some.size), origin)
        self._exit(sale, month, SALE_TO_TENANT)
        self._leave(decant, month, DECANT, DECANT_RETURN)
        state, days = self.state, self._exit_days(month, transfer.size)
        self._note(transfer, days, TRANSFER)
        state.lease[transfer] += 1
        state.tenancy[transfer] = month
        self.log.add(transfer, state.lease[transfer], days, state.tenancy[transfer], arrival=True, origin=TRANSFER)
