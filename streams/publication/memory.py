"""What has been decided, kept between two vintages: a pattern as JSON, by cells, so that new cells do not disturb it.

Invariant: a pattern that is read back hides what it hid. An atom that is new since belongs to no class; atoms that an
older lattice did not tell apart stay one class.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from streams.publication.base import Places
from streams.secrecy.lattice import Ints
from streams.secrecy.pattern import Classes, Pattern, Table, split_by, straddled


def written(pattern: Pattern, places: Places, landlords: Sequence[str]) -> dict[str, Any]:
    """Return a pattern as JSON."""
    kept = np.flatnonzero(pattern.base[0].any(axis=1) | pattern.base.any(axis=(0, 2)))
    shut = np.flatnonzero(pattern.shut.any(axis=(0, 2)))
    return {
        "start": pattern.start,
        "through": pattern.through,
        "landlords": list(landlords),
        "cells": [list(key) for key in places.keys],
        "atom_of": places.lattice.atom_of.tolist(),
        "rows": pattern.rows.tolist(),
        "classes": [[one.since, one.labels.tolist()] for one in pattern.classes],
        "tables": [[one.since, [list(pair) for pair in one.pairs]] for one in pattern.tables],
        "quarters": pattern.quarters.tolist(),
        "months": pattern.months.tolist(),
        "shut": {str(row): pattern.shut[:, row].tolist() for row in shut.tolist()},
        "base": {str(row): pattern.base[:, row].tolist() for row in kept.tolist()},
    }


def read_back(stored: Mapping[str, Any], places: Places, landlords: Sequence[str]) -> Pattern:
    """Return a pattern on the lattice of today; `landlords`: of today, in the order of views."""
    atoms = places.lattice.atoms
    old_of_cell = {tuple(key): atom for key, atom in zip(stored["cells"], stored["atom_of"], strict=True)}
    old = np.full(atoms, -1, dtype=np.int64)
    new_of: dict[int, int] = {}
    for key, atom in zip(places.keys, places.lattice.atom_of.tolist(), strict=True):
        if (was := old_of_cell.get(key)) is not None:
            old[atom] = was
            new_of[was] = min(new_of.get(was, atom), atom)

    def relabelled(labels: Sequence[int]) -> Ints:
        first: dict[int, int] = {}
        for atom in range(atoms):
            if old[atom] >= 0:
                first.setdefault(labels[old[atom]], atom)
        return np.array([first[labels[old[atom]]] if old[atom] >= 0 else atom for atom in range(atoms)], dtype=np.int64)

    rows = relabelled(stored["rows"])
    base = np.zeros((len(landlords) + 1, atoms, 12), dtype=np.int64)
    known = {landlord: view + 1 for view, landlord in enumerate(stored["landlords"])}
    # A landlord that is new had nothing before: without it, the base was that of all.
    views = [0, *(known.get(landlord, 0) for landlord in landlords)]
    for row, least in stored["base"].items():
        held = [atom for atom, was in enumerate(old.tolist()) if was == int(row)]
        if held:
            base[:, rows[held[0]]] += np.array(least, dtype=np.int64)[views]
    shut = np.zeros((len(landlords) + 1, atoms, 12), dtype=bool)
    for row, months_shut in stored["shut"].items():
        by_view = np.array(months_shut, dtype=bool)
        # Older patterns knew of months that nobody declared only: they are the same to all.
        shut[:, rows[old == int(row)]] = (by_view[views] if by_view.ndim == 2 else by_view[None])[:, None]
    quarters, months = relabelled(stored["quarters"]), relabelled(stored["months"])
    classes = tuple(Classes(since, relabelled(labels)) for since, labels in stored["classes"])
    tables = tuple(Table(since, tuple((new_of[a], new_of[b]) for a, b in pairs)) for since, pairs in stored["tables"])
    members = places.lattice.members
    told = ~straddled(members, classes[-1].labels)
    for table in tables:
        told &= ~split_by(members, table)
    # What no group straddles was shown each month or quarter; of zones, only those that are still told apart matter.
    quarterly = ~straddled(members, quarters) & (told | places.lattice.short)
    return Pattern(
        start=stored["start"],
        through=stored["through"],
        rows=rows,
        classes=classes,
        tables=tables,
        quarters=quarters,
        months=months,
        quarterly=quarterly,
        monthly=quarterly & ~straddled(members, months),
        base=base,
        shut=shut,
    )
