"""Where the dwellings stand: QPVs with their real stock, vacancy and rotation, communes with a weight.

Stock and rates are INSEE's RPLS 2022, on the perimeters of 2015. A QPV merged from several of them has the
mean rates of those that are known, weighted by their stock; where all is blank (statistical secrecy, new
QPVs) a plausible small stock and the region's rate stand in.
"""

from collections.abc import Collection
from dataclasses import dataclass

from schemas.territories import Qpv, load

REGION_ROTATION = 0.094
REGION_VACANCY = 0.032
OTHER_COMMUNES = 150
_STAND_IN_STOCK = (140, 190, 240, 290, 340, 420)


@dataclass(frozen=True)
class Quartier:
    """A QPV of 2024 (or, without `code_2024`, a QPV of 2015 that has no successor)."""

    code_2024: str | None
    codes_2015: tuple[tuple[str, float], ...]
    statut: str
    departement: str
    communes: tuple[str, ...]
    dwellings: int
    rotation: float
    vacancy: float


@dataclass(frozen=True)
class Town:
    """A commune with social dwellings."""

    code: str
    epci: str
    departement: str
    weight: float


@dataclass(frozen=True)
class Geography:
    """All places of the synthetic region, in a fixed order."""

    quartiers: tuple[Quartier, ...]
    towns: tuple[Town, ...]
    share: float = 1.0
    """Of the region's dwellings, those that stand here."""

    def within(self, departements: Collection[str]) -> "Geography":
        """Return the places of some départements, with the dwellings that they have in the whole region."""
        towns = tuple(one for one in self.towns if one.departement in departements)
        share = sum(one.weight for one in towns) / sum(one.weight for one in self.towns)
        return Geography(tuple(one for one in self.quartiers if one.departement in departements), towns, share)


def read_geography() -> Geography:
    """Return the region's QPVs and its communes with social dwellings, from the territory tables."""
    territories = load()
    quartiers = []
    followed: set[str] = set()
    for index, qpv in enumerate(territories.qpvs_of(2024)):
        followed.update(qpv.lineage)
        lineage = [territories.qpvs[code] for code in qpv.lineage]
        quartiers.append(_quartier(qpv, qpv.code, qpv.statut, lineage, index))
    for index, qpv in enumerate(territories.qpvs_of(2015)):
        if qpv.code not in followed:
            quartiers.append(_quartier(qpv, None, "", [qpv], index))
    inside = {code for quartier in quartiers for code in quartier.communes}
    communes = territories.communes
    others = sorted(
        (commune for commune in communes.values() if commune.code not in inside and commune.epci),
        key=lambda commune: (-(commune.population or 0), commune.code),
    )
    chosen = [communes[code] for code in sorted(inside)] + others[:OTHER_COMMUNES]
    towns = tuple(
        Town(commune.code, commune.epci, commune.departement, (commune.population or 1_000) ** 0.9)
        for commune in chosen
    )
    return Geography(tuple(quartiers), towns)


def _quartier(qpv: Qpv, code: str | None, statut: str, lineage: list[Qpv], index: int) -> Quartier:
    stocks = [old.dwellings or 100 for old in lineage]
    rotation = _known(qpv.rotation_percent, [old.rotation_percent for old in lineage], stocks)
    vacancy = _known(qpv.vacancy_percent, [old.vacancy_percent for old in lineage], stocks)
    return Quartier(
        code_2024=code,
        codes_2015=tuple((old.code, part / sum(stocks)) for old, part in zip(lineage, stocks, strict=True)),
        statut=statut,
        departement=qpv.departement,
        communes=qpv.communes,
        dwellings=qpv.dwellings or _STAND_IN_STOCK[index % len(_STAND_IN_STOCK)],
        rotation=REGION_ROTATION if rotation is None else rotation / 100,
        vacancy=REGION_VACANCY if vacancy is None else vacancy / 100,
    )


def _known(own: float | None, parents: list[float | None], stocks: list[int]) -> float | None:
    """Return its own percentage, else the mean of its parents' known ones weighted by stock, else None."""
    known = [(percent, stock) for percent, stock in zip(parents, stocks, strict=True) if percent is not None]
    if own is not None or not known:
        return own
    return sum(percent * stock for percent, stock in known) / sum(stock for _, stock in known)
