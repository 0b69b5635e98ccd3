"""The dwellings of the region, as columns: who owns each, where it stands, its size and financing.

A dwelling belongs to one *cell* (landlord, commune, QPV of 2024, QPV of 2015, rooms), the grain of a
stock event, and to one *group*, the population whose yearly departure rate is calibrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from producers.region.draws import Floats, Ints, pick, stream
from producers.region.geography import REGION_ROTATION, REGION_VACANCY, Geography, Quartier
from producers.region.landlords import REKEYED, Landlord

ROOMS = ("T1", "T2", "T3", "T4", "T5", "T6+")
FINANCING = ("PLUS", "PLAI", "PLS", "HLMO", "ILM", "PLI")
TOTAL_DWELLINGS = 300_000
_ROOMS_SHARE = np.array([0.07, 0.20, 0.36, 0.27, 0.09, 0.01])
_FINANCING_INSIDE = np.array([0.24, 0.04, 0.01, 0.62, 0.08, 0.01])
_FINANCING_OUTSIDE = np.array([0.58, 0.11, 0.09, 0.17, 0.03, 0.02])
_NEW_PER_YEAR_INSIDE, _NEW_PER_YEAR_OUTSIDE = 0.002, 0.011
ALWAYS = -1_000_000


@dataclass(frozen=True)
class Cell:
    """The grain of a stock event."""

    landlord: int
    commune: str
    qpv_2024: str | None
    qpv_2015: str | None
    rooms: int


@dataclass(frozen=True)
class Group:
    """Dwellings that share a calibrated yearly departure rate (a share) and a vacancy (a share)."""

    qpv_2024: str | None
    qpv_2015: str | None
    rotation: float
    vacancy: float


@dataclass(frozen=True)
class Dwellings:
    """Columns by dwelling; `opens` is the day of a new programme's first letting, else ALWAYS."""

    cells: tuple[Cell, ...]
    groups: tuple[Group, ...]
    cell: Ints
    group: Ints
    rooms: Ints
    financing: Ints
    opens: Ints

    @cached_property
    def cell_landlord(self) -> Ints:
        """The owner of each cell."""
        return np.array([cell.landlord for cell in self.cells], dtype=np.int64)

    @property
    def landlord(self) -> Ints:
        """The owner of each dwelling, as an index in the roster."""
        return self.cell_landlord[self.cell]

    def landlord_of(self, rows: Ints) -> Ints:
        """The owner, before any merger, of some dwellings."""
        return self.cell_landlord[self.cell[rows]]


class _Builder:
    """Collects lots of dwellings that share everything but rooms and financing."""

    def __init__(self, rng: np.random.Generator, start: int, end: int) -> None:
        self.rng, self.start, self.end = rng, start, end
        self.cells: dict[Cell, int] = {}
        self.columns: list[tuple[Ints, Ints, Ints, Ints, Ints]] = []

    def add(self, group: int, landlord: int, commune: str, codes: tuple[str | None, str | None], number: int) -> None:
        """Add a lot of `number` dwellings, and the new programmes that join it over the years."""
        inside = codes != (None, None)
        yearly = _NEW_PER_YEAR_INSIDE if inside else _NEW_PER_YEAR_OUTSIDE
        new = int(self.rng.poisson(number * yearly * max(self.end - self.start, 0) / 365.25))
        total = number + new
        rooms = pick(self.rng, _ROOMS_SHARE, total)
        cells = np.array(
            [
                self.cells.setdefault(Cell(landlord, commune, *codes, kind), len(self.cells))
                for kind in range(len(ROOMS))
            ]
        )
        opens = np.full(total, ALWAYS, dtype=np.int64)
        # a programme opens within a few weeks: one month drawn per dozen of dwellings
        months = self.rng.integers(self.start, max(self.end, self.start + 1), size=new // 12 + 1)
        opens[number:] = np.repeat(months, 12)[:new] + self.rng.integers(0, 21, size=new)
        financing = pick(self.rng, _FINANCING_INSIDE if inside else _FINANCING_OUTSIDE, total)
        self.columns.append((cells[rooms], np.full(total, group), rooms, financing, opens))


def build_dwellings(
    geography: Geography, landlords: Sequence[Landlord], *, start: int, end: int, seed: int, scale: float
) -> Dwellings:
    """Draw the dwellings of the region; `start` and `end` are day numbers, `scale` multiplies stocks."""
    rng = stream(seed, "dwellings")
    builder = _Builder(rng, start, end)
    groups: list[Group] = []
    inside_rate = 0.0
    inside = 0
    for quartier in geography.quartiers:
        number = max(round(quartier.dwellings * scale), 5)
        inside += number
        inside_rate += number * quartier.rotation
        _add_quartier(builder, groups, quartier, landlords, number)
    outside = max(round(TOTAL_DWELLINGS * scale * geography.share) - inside, 0)
    rate = (REGION_ROTATION * (inside + outside) - inside_rate) / max(outside, 1)
    weights = np.array([town.weight for town in geography.towns])
    for town, number in zip(geography.towns, _split(outside, weights), strict=True):
        groups.append(Group(None, None, float(rate * rng.uniform(0.9, 1.1)), REGION_VACANCY * 0.7))
        for landlord, part in _owners(rng, landlords, town.departement, number, most=4):
            builder.add(len(groups) - 1, landlord, town.code, (None, None), part)
    joined = [np.concatenate(column) for column in zip(*builder.columns, strict=True)]
    return Dwellings(tuple(builder.cells), tuple(groups), *(column.astype(np.int64) for column in joined))


def _split(number: int, weights: Floats) -> list[int]:
    """Split `number` in proportion to `weights`, exactly."""
    edges = np.rint(np.cumsum(weights) / weights.sum() * number).astype(np.int64)
    return [int(part) for part in np.diff(edges, prepend=0)]


def _owners(
    rng: np.random.Generator, landlords: Sequence[Landlord], departement: str, number: int, most: int
) -> list[tuple[int, int]]:
    """Choose one to `most` landlords that let in the département and their parts of `number`."""
    eligible = [index for index, one in enumerate(landlords) if not one.departements or departement in one.departements]
    weights = np.array([landlords[index].weight for index in eligible])
    count = min(int(rng.integers(1, most + 1)), len(eligible))
    chosen = rng.choice(len(eligible), size=count, replace=False, p=weights / weights.sum())
    parts = _split(number, rng.dirichlet(np.full(count, 2.0)) + 0.02)
    return [(eligible[int(one)], part) for one, part in zip(chosen, parts, strict=True) if part]


def _with_rekeyed(
    owners: list[tuple[int, int]], landlords: Sequence[Landlord], departement: str
) -> list[tuple[int, int]]:
    """Give the greatest part of each QPV of its département to the landlord whose ERP will change.

    Otherwise it might own nothing in a QPV, and the artefact would not be seen.
    """
    if departement not in landlords[REKEYED].departements:
        return owners
    parts = sorted((part for _, part in owners), reverse=True)
    others = [one for one, _ in owners if one != REKEYED]
    return list(zip([REKEYED, *others], parts, strict=False))


def _add_quartier(
    builder: _Builder, groups: list[Group], quartier: Quartier, landlords: Sequence[Landlord], number: int
) -> None:
    old = [code for code, _ in quartier.codes_2015]
    codes: list[tuple[str | None, str | None]] = [(quartier.code_2024, code) for code in old]
    shares = [part for _, part in quartier.codes_2015]
    if not old:
        codes, shares = [(quartier.code_2024, None)], [1.0]
    elif quartier.statut == "M":  # a modified perimeter: some dwellings are in one generation only
        codes += [(quartier.code_2024, None), (None, old[0])]
        shares = [0.92 * share for share in shares] + [0.05, 0.03]
    first = len(groups)
    groups.append(Group(quartier.code_2024, None, quartier.rotation, quartier.vacancy))
    groups.append(Group(None, old[0] if old else None, quartier.rotation, quartier.vacancy))
    # most of a QPV lies in its first commune
    ladder = [0.75, 0.17, 0.08][: len(quartier.communes)]
    owners = _owners(builder.rng, landlords, quartier.departement, number, most=3)
    for landlord, owned in _with_rekeyed(owners, landlords, quartier.departement):
        for commune, part in zip(quartier.communes, _split(owned, np.array(ladder)), strict=True):
            for pair, size in zip(codes, _split(part, np.array(shares)), strict=True):
                if size:
                    builder.add(first if pair[0] else first + 1, landlord, commune, pair, size)
