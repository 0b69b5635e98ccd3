"""Where whoever looks knows that there is no move: nobody (else) lets there, or nobody had declared the month.

Who lets where is public (RPLS), so an outsider knows where no landlord has a dwelling, and a landlord where it is
alone. Invariant: a place that is once open to somebody stays so: dwellings and moves of any date count.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import psycopg

from streams.publication.base import Move, Places, first_day, number
from streams.secrecy.lattice import Bools

_DECLARED_PLACES = """
SELECT territory_id, part, month FROM core.observed_month
WHERE dwellings > 0 AND month BETWEEN %(first)s AND %(last)s
"""
_LETTING = """
SELECT DISTINCT cell_id, scope = 'qpv_only', landlord FROM core.stock_cell JOIN core.stock USING (landlord, stock_on)
WHERE "let" + on_offer_vacant_up_to_3_months + on_offer_vacant_over_3_months > 0
"""
Letting = Mapping[tuple[int, bool], set[str]]
"""The landlords that have dwellings or moves, by cell and whether they declare quartiers only."""


def read_undeclared(connection: psycopg.Connection[Any], places: Places, first: int, last: int) -> Bools:
    """Return by atom and month whether it is told of a figure that holds it that nobody declared the month there."""
    lattice = places.lattice
    declared = {
        (territory, part, number(month))
        for territory, part, month in connection.execute(
            _DECLARED_PLACES, {"first": first_day(first), "last": first_day(last)}
        )
    }
    keys = list(zip(lattice.territory, lattice.parts, strict=True))
    silent = np.array([[(*key, month) not in declared for month in range(first, last + 1)] for key in keys])
    members = lattice.members[: lattice.figures].astype(np.int64)
    return np.asarray(members.T @ silent.astype(np.int64) > 0)


def read_letting(connection: psycopg.Connection[Any], moves: Sequence[Move]) -> Letting:
    """Return who lets where, by the stocks and by some moves. A landlord that was taken over is its successor."""
    found: dict[tuple[int, bool], set[str]] = {}
    keeper = dict(connection.execute("SELECT landlord, keeper FROM core.keeper").fetchall())
    of_moves = ((cell_id, qpv_only, landlord) for _, cell_id, landlord, qpv_only, *_ in moves)
    for cell_id, qpv_only, landlord in chain(connection.execute(_LETTING), of_moves):
        found.setdefault((cell_id, qpv_only), set()).add(keeper.get(landlord, landlord))
    return found


def closed(places: Places, landlords: Sequence[str], letting: Letting) -> Bools:
    """Return by view (0: all; i: landlord i - 1) and atom whether nobody lets there, but for the landlord itself."""
    tenants: list[set[str]] = [set() for _ in range(places.lattice.atoms)]
    for key, atom in zip(places.keys, places.lattice.atom_of.tolist(), strict=True):
        tenants[atom] |= letting.get(key, set())
    return np.array([[not of, *(of <= {landlord} for landlord in landlords)] for of in tenants], dtype=bool).T
