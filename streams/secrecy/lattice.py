"""The counts that can be shown of one measure, as sums of atoms.

An *atom* is a set of cells that no figure tells apart. A *figure* is a territory and a part of it; a *zone* is a set of
atoms that nobody shows but that a difference of figures may isolate (the strip by which a quartier grew between the
two generations, what of a commune is in no quartier). Zones are protected like figures.

Invariant: every figure and zone is a union of atoms; two atoms differ in at least one figure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

INSIDE, OUTSIDE, UNLOCATED = 0, 1, 2
PARTS = {"qpv": INSIDE, "hors_qpv": OUTSIDE, "non_localise": UNLOCATED}
QPV_LEVELS = ("qpv_2024", "qpv_2015")
# What a figure is worth: which of two is held back when one of them must be.
LEVEL_WEIGHTS = {
    "region": 400.0,
    "departement": 120.0,
    "qpv_2024": 24.0,
    "epci": 16.0,
    "own": 12.0,
    "commune": 6.0,
    "qpv_2015": 4.0,
}
PART_WEIGHTS = {"all": 1.0, "qpv": 0.9, "hors_qpv": 0.4, "non_localise": 0.15}


@dataclass(frozen=True)
class Cell:
    """A place as moves name it, and which landlords it stands for.

    `part`: INSIDE, OUTSIDE or UNLOCATED. `qpv_only`: what landlords that only declare their quartiers have there; it
    counts in quartiers and in part `qpv` of larger territories, never in their whole. `territories`: numbers of all
    the territories that hold the cell.
    """

    part: int
    qpv_only: bool
    commune: int
    neighbourhood: int
    departement: int
    territories: tuple[int, ...]


@dataclass(frozen=True)
class Lattice:
    """Figures first, then zones; `members[f, a]` says whether atom a is in figure f.

    `short`: may be shown over 1 and 3 months (parts `hors_qpv` and `non_localise` are shown over 12 only).
    `commune`, `neighbourhood`, `departement`, `part`: of each atom. `atom_of`: of each cell.
    """

    territory: tuple[int, ...]
    parts: tuple[str, ...]
    levels: tuple[str, ...]
    members: Bools
    weight: Floats
    short: Bools
    atom_of: Ints
    part: Ints
    commune: Ints
    neighbourhood: Ints
    departement: Ints

    @property
    def figures(self) -> int:
        """How many of the rows of `members` are figures; those after them are zones."""
        return len(self.territory)

    @property
    def atoms(self) -> int:
        """How many atoms there are."""
        return int(self.members.shape[1])


def build_lattice(cells: Sequence[Cell], levels: Mapping[int, str]) -> Lattice:
    """Return the lattice of some cells; `levels` gives the level of each territory's number (any other is `own`)."""
    rows: dict[tuple[int, str], list[int]] = {}
    for index, cell in enumerate(cells):
        for territory in cell.territories:
            if levels[territory] in QPV_LEVELS:
                rows.setdefault((territory, "all"), []).append(index)
            elif not cell.qpv_only or cell.part == INSIDE:
                part = next(name for name, number in PARTS.items() if number == cell.part)
                for name in (part,) if cell.qpv_only else ("all", part):
                    rows.setdefault((territory, name), []).append(index)
    keys = sorted(rows)
    by_cell = np.zeros((len(keys), len(cells)), dtype=bool)
    for number, key in enumerate(keys):
        by_cell[number, rows[key]] = True
    # Cells of different communes or parts stay apart, so that an atom has one commune and one part.
    marks = np.array([[cell.part, cell.commune] for cell in cells], dtype=np.int64).reshape(-1, 2).T
    _, first, atom_of = np.unique(np.vstack([by_cell, marks]), axis=1, return_index=True, return_inverse=True)
    figures = by_cell[:, first]
    chosen = [cells[index] for index in first]
    zones = list(_zones(figures, keys, chosen))
    weights = [
        LEVEL_WEIGHTS.get(levels[territory], LEVEL_WEIGHTS["own"]) * PART_WEIGHTS[part] for territory, part in keys
    ]
    return Lattice(
        territory=tuple(territory for territory, _ in keys),
        parts=tuple(part for _, part in keys),
        levels=tuple(levels[territory] for territory, _ in keys),
        members=np.vstack([figures, *(zone[None, :] for zone in zones)]),
        weight=np.array(weights + [0.0] * len(zones)),
        short=np.array([part in {"all", "qpv"} for _, part in keys] + [False] * len(zones)),
        atom_of=atom_of.reshape(-1).astype(np.int64),
        part=np.array([cell.part for cell in chosen], dtype=np.int64),
        commune=np.array([cell.commune for cell in chosen], dtype=np.int64),
        neighbourhood=np.array([cell.neighbourhood for cell in chosen], dtype=np.int64),
        departement=np.array([cell.departement for cell in chosen], dtype=np.int64),
    )


def _zones(figures: Bools, keys: Sequence[tuple[int, str]], atoms: Sequence[Cell]) -> Iterable[Bools]:
    """Yield what is no figure and can be isolated: each atom, and what of a territory is in no quartier."""
    seen = {row.tobytes() for row in figures}
    outside = np.array([cell.part != INSIDE for cell in atoms])
    candidates = list(np.eye(len(atoms), dtype=bool))
    candidates += [row & outside for row, (_, part) in zip(figures, keys, strict=True) if part == "all"]
    for zone in candidates:
        if zone.any() and zone.tobytes() not in seen:
            seen.add(zone.tobytes())
            yield zone
