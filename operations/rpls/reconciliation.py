"""Our arrival rate against RPLS's mobility rate, on the truth of the synthetic region, dwelling by dwelling.

Of a year N - 1, as RPLS of 1 January N tells it:

    ours = distinct dwellings re-let over the year / dwellings let or on offer and not first let within 12 months,
           mean of the year's quarterly stocks                                              (DOMAIN: type RPLS)
    RPLS = dwellings first let before N - 1 whose present lease began in N - 1 or later
           / dwellings first let before N - 1 and let or on offer on 1 January N

Every dwelling that is in one numerator and not in the other is in exactly one class, and so is every dwelling that
weighs differently in the denominators. With ours = A / D and RPLS = B / E,

    A / D - B / E = (A - B) / D + B (E - D) / (D E),

of which A - B and E - D are sums over the classes: the terms add up to the difference exactly (fractions, no rounding).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producers.region import Region
from producers.region.draws import Bools, Ints, day_number, month_number
from producers.region.register import FIRST_KEY
from producers.region.stocks import NOT_LET, Photo
from producers.region.tenancies import INITIAL, ORDINARY

Names = NDArray[np.str_]
QUARTERS = 4
RELET_ELSEWHERE = {
    "first_let_in_the_year": "reloués après une première mise en location dans l'année (RPLS les écarte)",
    "left_the_market": "reloués, puis hors du parc proposé au 1er janvier (travaux, vente, démolition)",
    "empty_again": "reloués, puis de nouveau vides au 1er janvier",
}
LEASE_ONLY = {
    "lease_without_a_move": "bail renouvelé ou transmis sans déménagement (RPLS lit la date du bail)",
    "began_on_1_january": "bail commencé le 1er janvier même : RPLS le compte, nous au mois d'après",
}
STOCK = {
    "recent_for_a_while": "première mise en location moins de douze mois avant une des photos de l'année",
    "gone_or_come": "logements sortis du parc proposé, ou revenus, entre les photos et le 1er janvier",
}
UNEXPLAINED = "unexplained"
LABELS = RELET_ELSEWHERE | LEASE_ONLY | STOCK | {UNEXPLAINED: "inexpliqué"}


class Parts(NamedTuple):
    """A whole number or a sum of quarters, by class."""

    relet: dict[str, int]
    lease: dict[str, int]
    stock: dict[str, Fraction]


@dataclass(frozen=True)
class Comparison:
    """One quartier, or all: the counts of both rates, and what tells them apart.

    `arrivals`: moves in that count; `ours`: distinct dwellings among them. `parts.relet` are in ours only and
    `parts.lease` in RPLS's only; `parts.stock` is what the denominator of RPLS has more, by class.
    """

    code: str
    arrivals: int
    ours: int
    rpls: int
    our_dwellings: Fraction
    rpls_dwellings: int
    parts: Parts

    @property
    def our_rate(self) -> Fraction:
        """Our rate; 0 where there is no dwelling."""
        return Fraction(self.ours) / self.our_dwellings if self.our_dwellings else Fraction(0)

    @property
    def rpls_rate(self) -> Fraction:
        """The rate as RPLS has it; 0 where there is no dwelling."""
        return Fraction(self.rpls, self.rpls_dwellings) if self.rpls_dwellings else Fraction(0)

    def terms(self) -> dict[str, Fraction]:
        """Return by class what it adds to our rate minus that of RPLS; they add up to the difference."""
        if not self.our_dwellings or not self.rpls_dwellings:
            return {}
        terms = {name: Fraction(n) / self.our_dwellings for name, n in self.parts.relet.items()}
        terms |= {name: -Fraction(n) / self.our_dwellings for name, n in self.parts.lease.items()}
        weight = Fraction(self.rpls) / (self.our_dwellings * self.rpls_dwellings)
        return terms | {name: n * weight for name, n in self.parts.stock.items()}


class _Dwellings(NamedTuple):
    """By dwelling: what both rates count, and the class of what tells them apart ("" where nothing does).

    `photos`: in how many of the year's quarterly stocks it is in our denominator.
    """

    arrivals: Ints
    ours: Bools
    rpls: Bools
    photos: Ints
    at_risk: Bools
    relet_class: Names
    lease_class: Names
    stock_class: Names


def compare(region: Region, year: int) -> tuple[Comparison, list[Comparison]]:
    """Return the comparison of all quartiers of 2024 together, and of each, for RPLS of 1 January `year`.

    ValueError unless the region was simulated over the year before, and its stock of that 1 January is there.
    """
    one = _dwellings(region, year)
    codes = np.array([cell.qpv_2024 or "" for cell in region.dwellings.cells])[region.dwellings.cell]
    everything = _sum_up("toutes", one, codes != "")
    return everything, [_sum_up(str(code), one, codes == code) for code in np.unique(codes[codes != ""])]


def _dwellings(region: Region, year: int) -> _Dwellings:
    january, before = day_number(date(year, 1, 1)), day_number(date(year - 1, 1, 1))
    photos = {photo.day: photo for photo in region.photos}
    quarters = [photos.get(day_number(date(year - 1, month, 1))) for month in (1, 4, 7, 10)]
    if january not in photos or None in quarters:
        raise ValueError(f"the region has no quarterly stocks from 1 January {year - 1} to 1 January {year}")
    opens, end = region.dwellings.opens, photos[january]
    arrivals = _arrivals(region, before, january)
    settled = opens < before
    let = end.lease_began != NOT_LET
    ours = arrivals > 0
    rpls = settled & let & (end.lease_began >= month_number(date(year - 1, 1, 1)))
    at_risk = settled & end.on_market
    counted = np.sum([_ours_at_risk(photo, opens) for photo in quarters if photo], axis=0)
    relet = _classes(
        ours & ~rpls, first_let_in_the_year=~settled, left_the_market=~end.on_market, empty_again=end.on_market & ~let
    )
    lease = _classes(
        rpls & ~ours,
        began_on_1_january=end.lease_began >= month_number(date(year, 1, 1)),
        lease_without_a_move=np.isin(np.arange(opens.size), _passed_on(region, before, january)),
    )
    recent = opens > before - 366
    stock = _classes(counted != QUARTERS * at_risk, recent_for_a_while=recent, gone_or_come=~recent)
    return _Dwellings(arrivals, ours, rpls, counted, at_risk, relet, lease, stock)


def _ours_at_risk(photo: Photo, opens: Ints) -> Bools:
    """Return what a stock has in our denominator: let or on offer, less what is let and first let within 12 months."""
    recent: Bools = (photo.lease_began != NOT_LET) & (opens > photo.day - 365)
    return photo.on_market & ~recent


def _arrivals(region: Region, first: int, last: int) -> Ints:
    """Count, by dwelling, the arrivals of the days from `first` to `last` (excluded) that re-let it."""
    register = region.register
    relet = register.arrival & np.isin(register.origin, [ORDINARY, INITIAL]) & (register.key == FIRST_KEY)
    relet &= (register.effective >= first) & (register.effective < last)
    counts: Ints = np.bincount(register.dwelling[relet], minlength=region.dwellings.cell.size)
    return counts


def _passed_on(region: Region, first: int, last: int) -> Ints:
    """Return the dwellings of which a lease began without anybody moving in: no move, but another date in RPLS."""
    register = region.register
    began = register.arrival & ~np.isin(register.origin, [ORDINARY, INITIAL]) & (register.key == FIRST_KEY)
    dwellings: Ints = register.dwelling[began & (register.effective >= first) & (register.effective < last)]
    return dwellings


def _classes(differs: Bools, **classes: Bools) -> Names:
    """Return the first class that holds for each dwelling that differs, `unexplained` if none does."""
    names = np.select([differs & which for which in classes.values()], list(classes), default=UNEXPLAINED)
    return np.where(differs, names, "")


def _sum_up(code: str, one: _Dwellings, where: Bools) -> Comparison:
    def counted(names: Names, weights: Ints) -> Iterator[tuple[str, int]]:
        for name in LABELS:
            found = where & (names == name)
            if found.any():
                yield name, int(weights[found].sum())

    each = np.ones(where.size, dtype=np.int64)
    more = QUARTERS * one.at_risk.astype(np.int64) - one.photos
    return Comparison(
        code,
        int(one.arrivals[where].sum()),
        int((one.ours & where).sum()),
        int((one.rpls & where).sum()),
        Fraction(int(one.photos[where].sum()), QUARTERS),
        int((one.at_risk & where).sum()),
        Parts(
            dict(counted(one.relet_class, each)),
            dict(counted(one.lease_class, each)),
            {name: Fraction(quarters, QUARTERS) for name, quarters in counted(one.stock_class, more)},
        ),
    )
