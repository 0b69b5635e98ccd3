"""What was received of the quartiers, each row with its day of receipt: any past day's inputs can be made again.

Invariant: `as_of` uses only what was received by its day. On the last day it gives what the measures hold
(`streams/alerts/inputs.read_inputs`): the rules of coverage are those of schemas/migrations/0011_measures.sql, written
a second time because the measures keep no past. Notices alone are not there: the ledger keeps their last state only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise

import numpy as np

from schemas.alerts.kinds import MEASURES
from streams.alerts.inputs import PERIODS, Cells, Inputs
from streams.detection.verdicts import Bools, Floats, Ints
from streams.publication.base import first_day, number

NEVER = date.max.toordinal()
WHOLE, QUARTIERS = "whole_stock", "qpv_only"


@dataclass(frozen=True)
class Places:
    """The cells of quartiers (cells,): `quartier` numbers `codes`; communes and EPCIs by quartier."""

    codes: tuple[str, ...]
    quartier: Ints
    communes: tuple[tuple[str, ...], ...]
    epcis: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Moves:
    """Signed counts (rows,): day of `receipt` (ordinal), `month` (number), landlord and cell by number; moves without
    relogements and technical ones; `entering`: dwellings first let, less those sold to their tenant.
    """

    receipt: Ints
    month: Ints
    landlord: Ints
    cell: Ints
    departures: Ints
    arrivals: Ints
    entering: Ints


@dataclass(frozen=True)
class Stock:
    """Dwellings (cells,) of a landlord on a day (ordinals)."""

    landlord: int
    day: int
    receipt: int
    dwellings: Floats


@dataclass(frozen=True)
class Declaration:
    """`All moves of these days are sent`, days as ordinals; of a landlord and scope the greatest revision holds."""

    landlord: int
    scope: str
    revision: int
    first: int
    through: int
    receipt: int


@dataclass(frozen=True)
class Standing:
    """Whose a landlord is in the months from `since` on and before `until` (numbers); `taken_over` on a day."""

    landlord: int
    counted_for: int
    since: int
    until: int
    taken_over: int


@dataclass(frozen=True)
class Observed:
    """Months of quartiers as they were known, arrays (quartiers, months); of the last one, the landlords' parts."""

    counts: Mapping[str, Floats]
    dwellings: Floats
    declared: Floats
    cells: Cells


@dataclass(frozen=True)
class Arrivals:
    """All that was received. `landlords` and `places` give the numbers their names."""

    landlords: tuple[str, ...]
    places: Places
    moves: Moves
    stocks: tuple[Stock, ...]
    declarations: tuple[Declaration, ...]
    standing: tuple[Standing, ...]

    @cached_property
    def first_month(self) -> int:
        """The first month with dwellings: that of the first stock. Raises ValueError if there is none."""
        return min(number(date.fromordinal(one.day)) for one in self.stocks)

    @cached_property
    def days_of_coverage(self) -> tuple[int, ...]:
        """The days on which stocks or declarations came."""
        return tuple(sorted({one.receipt for one in self.stocks} | {one.receipt for one in self.declarations}))

    def as_of(self, day: date, month: date) -> Inputs:
        """Return what the detectors would have been given of a month (its first day) at the end of a day."""
        last = number(month)
        seen = self.observed(day, last - PERIODS + 1, last)
        known = (seen.dwellings > 0) | (seen.counts["departures"] != 0) | (seen.counts["arrivals"] != 0)
        there = np.flatnonzero(known.any(axis=1))
        rank = np.full(len(self.places.codes), -1)
        rank[there] = np.arange(len(there))
        nothing = np.full((len(there), PERIODS), np.nan)

        def of(values: Floats) -> Floats:
            return np.where(known, values, np.nan)[there]

        part = seen.cells
        return Inputs(
            month=month,
            codes=tuple(self.places.codes[place] for place in there.tolist()),
            counts={name: of(seen.counts[name]) if name in seen.counts else nothing for name in MEASURES},
            dwellings=of(seen.dwellings),
            declared=of(seen.declared),
            cells=Cells(rank[part.quartier], part.landlord, part.count, part.dwellings),
            communes=tuple(self.places.communes[place] for place in there.tolist()),
            epcis=tuple(self.places.epcis[place] for place in there.tolist()),
        )

    def declared_share(self, day: date, month: int) -> float:
        """Return the share of all dwellings whose landlords had declared a month (a number); 0 without dwellings."""
        dwellings, declared = self._covered(day.toordinal(), month, month)
        total = float(dwellings.sum())
        return float((dwellings * declared[:, None, :]).sum()) / total if total > 0 else 0.0

    def coverage(self, day: date, month: int) -> Mapping[str, float]:
        """Return the share of dwellings declared of a month (a number) by quartier, of those that have dwellings."""
        dwellings, declared = self._covered(day.toordinal(), month, month)
        whole = self._by_quartier(dwellings.sum(axis=0), 1)[:, 0]
        told = self._by_quartier((dwellings * declared[:, None, :]).sum(axis=0), 1)[:, 0]
        there = np.flatnonzero(whole > 0)
        return dict(
            zip((self.places.codes[place] for place in there), (told[there] / whole[there]).tolist(), strict=True)
        )

    def observed(self, day: date, first: int, last: int) -> Observed:
        """Return what was known at the end of a day of the months from one number to another, both included."""
        today, length = day.toordinal(), last - first + 1
        dwellings, declared = self._covered(today, first, last)
        moves = self.moves
        rows = np.flatnonzero((moves.receipt <= today) & (moves.month >= first) & (moves.month <= last))
        at = (moves.landlord[rows], moves.cell[rows], moves.month[rows] - first)
        counts = {}
        for name in ("departures", "arrivals"):
            table = np.zeros(dwellings.shape)
            np.add.at(table, at, getattr(moves, name)[rows])
            counts[name] = table * declared[:, None, :]
        told = dwellings * declared[:, None, :]
        return Observed(
            counts={name: self._by_quartier(table.sum(axis=0), length) for name, table in counts.items()},
            dwellings=self._by_quartier(dwellings.sum(axis=0), length),
            declared=self._by_quartier(told.sum(axis=0), length),
            cells=self._parts(counts["departures"][:, :, -1], told[:, :, -1], last),
        )

    def _by_quartier(self, values: Floats, months: int) -> Floats:
        """Return sums (quartiers, months) of values (cells, months)."""
        table = np.zeros((len(self.places.codes), months))
        np.add.at(table, self.places.quartier, values)
        return table

    def _parts(self, count: Floats, dwellings: Floats, month: int) -> Cells:
        """Return the parts that landlords have of quartiers, from (landlords, cells): of those that they count for."""
        held: dict[tuple[str, str], list[float]] = {}
        owner = {one.landlord: one.counted_for for one in self.standing if one.since <= month < one.until}
        for landlord, cell in zip(*np.nonzero((dwellings > 0) | (count != 0)), strict=True):
            key = (self.places.codes[self.places.quartier[cell]], self.landlords[owner[int(landlord)]])
            sums = held.setdefault(key, [0.0, 0.0])
            sums[0] += count[landlord, cell]
            sums[1] += dwellings[landlord, cell]
        there = [(key, sums) for key, sums in sorted(held.items()) if sums[1] > 0]
        place = {code: at for at, code in enumerate(self.places.codes)}
        return Cells(
            quartier=np.array([place[code] for (code, _), _ in there], dtype=np.int64),
            landlord=tuple(siren for (_, siren), _ in there),
            count=np.array([sums[0] for _, sums in there], dtype=np.float64),
            dwellings=np.array([sums[1] for _, sums in there], dtype=np.float64),
        )

    def _covered(self, today: int, first: int, last: int) -> tuple[Floats, Bools]:
        """Return dwellings (landlords, cells, months) and whether they are declared (landlords, months)."""
        length = last - first + 1
        dwellings = np.zeros((len(self.landlords), len(self.places.quartier), length))
        in_force = np.zeros((len(self.landlords), length), dtype=bool)
        owner = np.full((len(self.landlords), length), -1)
        for one in self.standing:
            owner[one.landlord, max(one.since - first, 0) : max(one.until - first, 0)] = one.counted_for
        by_landlord = self._stocks_by(today)
        for one in self.standing:
            own = by_landlord.get(one.landlord, [])
            succeeding = by_landlord.get(one.counted_for, []) if one.counted_for != one.landlord else []
            replaced = min((_month_of(s.day) for s in succeeding if s.day >= one.taken_over), default=NEVER)
            months = [*(_month_of(stock.day) for stock in own), NEVER]
            for stock, (begins, until) in zip(own, pairwise(months), strict=True):
                start = max(begins, one.since, first)
                end = min(until, one.until, replaced, last + 1)
                for month in range(start, end):
                    dwellings[one.landlord, :, month - first] = self._moved_on(stock, month, today)
                    in_force[one.landlord, month - first] = True
        covered = np.zeros_like(in_force)
        for landlord in range(len(self.landlords)):
            covered |= (owner == owner[landlord]) & (owner >= 0) & in_force[landlord]
        return dwellings, covered & self._declared(today, first, last, owner)

    def _stocks_by(self, today: int) -> dict[int, list[Stock]]:
        """Return the stocks received by a day, by landlord and date; the last one of a month holds from it on."""
        found: dict[int, list[Stock]] = {}
        for one in sorted(self.stocks, key=lambda stock: stock.day):
            if one.receipt <= today:
                found.setdefault(one.landlord, []).append(one)
        return found

    def _moved_on(self, stock: Stock, month: int, today: int) -> Floats:
        """Return a stock's dwellings (cells,) in a month: what was first let or sold since its day is in it."""
        day, entered_in, cell, entering, receipt = self._entering.get(stock.landlord, _NO_ENTRIES)
        if not len(entered_in):
            return stock.dwellings
        since = (day >= stock.day) & (entered_in < month) & (receipt <= today)
        moved = stock.dwellings.copy()
        np.add.at(moved, cell[since], entering[since])
        return np.maximum(moved, 0)

    @cached_property
    def _entering(self) -> dict[int, tuple[Ints, ...]]:
        """By landlord: first day of the month, month, cell, dwellings and receipt of what entered or left the stock."""
        moves = self.moves
        rows = np.flatnonzero(moves.entering)
        found: dict[int, tuple[Ints, ...]] = {}
        for landlord in np.unique(moves.landlord[rows]).tolist():
            own = rows[moves.landlord[rows] == landlord]
            months = moves.month[own]
            days = np.array([first_day(int(month)).toordinal() for month in months])
            found[landlord] = (days, months, moves.cell[own], moves.entering[own], moves.receipt[own])
        return found

    def _declared(self, today: int, first: int, last: int, owner: Ints) -> Bools:
        """Return which months (landlords, months) the landlord that counts them had declared by a day."""
        newest: dict[tuple[int, str], Declaration] = {}
        for one in self.declarations:
            held = newest.get((one.landlord, one.scope))
            if one.receipt <= today and (held is None or one.revision > held.revision):
                newest[one.landlord, one.scope] = one
        begins = np.array([first_day(month).toordinal() for month in range(first, last + 2)])
        declared = np.zeros((len(self.landlords), last - first + 1), dtype=bool)
        for one in newest.values():
            declared[one.landlord] |= (begins[:-1] >= one.first) & (begins[1:] - 1 <= one.through)
        return np.where(owner >= 0, np.take_along_axis(declared, np.maximum(owner, 0), axis=0), False)


_NO_ENTRIES = (np.zeros(0, dtype=np.int64),) * 5


def _month_of(day: int) -> int:
    return number(date.fromordinal(day))
