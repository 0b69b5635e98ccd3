"""The moves that windows are made of, by cell and landlord, over declared landlord-months.

Invariant: a month that has been published keeps the counts it had then (`core.published_base`): later corrections
enter no window of an earlier month, so that no difference of two windows is a correction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

import numpy as np
import psycopg

from streams.secrecy.lattice import INSIDE, OUTSIDE, UNLOCATED, Cell, Ints, Lattice, build_lattice

MEASURES = ("departures", "arrivals")
# A landlord that declares its quartiers only counts in quartiers and nowhere else.
DECLARED = """
SELECT month, cell_id, landlord, NOT whole AS qpv_only, departures, arrivals
FROM core.cell_month
JOIN core.cell USING (cell_id)
JOIN (SELECT landlord,
          max(complete_from) FILTER (WHERE scope = 'whole_stock') AS whole_from,
          max(complete_through) FILTER (WHERE scope = 'whole_stock') AS whole_through,
          max(complete_from) FILTER (WHERE scope = 'qpv_only') AS qpv_from,
          max(complete_through) FILTER (WHERE scope = 'qpv_only') AS qpv_through
      FROM core.declared_through GROUP BY landlord) AS through USING (landlord)
CROSS JOIN LATERAL (SELECT (month + interval '1 month - 1 day')::date AS month_end) AS ended
CROSS JOIN LATERAL (SELECT coalesce(month >= whole_from AND month_end <= whole_through, false) AS whole,
    coalesce(month >= qpv_from AND month_end <= qpv_through, false) AS quartiers) AS declared
WHERE month BETWEEN %(first)s AND %(last)s
    AND (whole OR quartiers AND (qpv_2024 IS NOT NULL OR qpv_2015 IS NOT NULL))
    AND (departures <> 0 OR arrivals <> 0)
"""
FREEZE = (
    "INSERT INTO core.published_base (month, cell_id, landlord, qpv_only, departures, arrivals)"
    + DECLARED
    + "AND NOT EXISTS (SELECT FROM core.published_base AS frozen WHERE frozen.month = cell_month.month)"
)
PLACES = """
SELECT cell_id, inside_qpv, commune.territory_id AS commune,
    coalesce(epci.territory_id, departement.territory_id) AS neighbourhood, departement.territory_id,
    array_agg(cell_territory.territory_id ORDER BY cell_territory.territory_id) AS territories
FROM core.cell
JOIN core.commune AS place ON place.code = cell.commune
JOIN core.territory AS commune ON commune.level = 'commune' AND commune.code = cell.commune
JOIN core.territory AS departement ON departement.level = 'departement' AND departement.code = place.departement
LEFT JOIN core.territory AS epci ON epci.level = 'epci' AND epci.code = place.epci
JOIN core.cell_territory USING (cell_id)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
"""
FROZEN = """
SELECT month, cell_id, landlord, qpv_only, departures, arrivals FROM core.published_base
WHERE month BETWEEN %(first)s AND %(last)s
"""
Move = tuple[date, int, str, bool, int, int]


@dataclass(frozen=True)
class Places:
    """The lattice; `keys`: of each of its cells, the number, and whether of landlords that declare quartiers only."""

    keys: tuple[tuple[int, bool], ...]
    lattice: Lattice


def number(month: date) -> int:
    """Return a month's number: 12 * year + month - 1."""
    return 12 * month.year + month.month - 1


def first_day(month: int) -> date:
    """Return the first day of a numbered month."""
    return date(month // 12, month % 12 + 1, 1)


def freeze(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    """Keep the counts of the months that have not been kept yet."""
    connection.execute(FREEZE, {"first": first_day(first), "last": first_day(last)})


def read_moves(connection: psycopg.Connection[Any], query: LiteralString, first: int, last: int) -> list[Move]:
    """Return moves by month, cell and landlord: `FROZEN`, as published; `DECLARED`, as they are now."""
    return connection.execute(query, {"first": first_day(first), "last": first_day(last)}).fetchall()


def read_places(connection: psycopg.Connection[Any], moves: Sequence[Move]) -> Places:
    """Return all cells with a stock or moves, and the lattice of their territories."""
    levels = dict(connection.execute("SELECT territory_id, level FROM core.territory").fetchall())
    limited = {cell_id for _, cell_id, _, qpv_only, _, _ in moves if qpv_only}
    keys, cells = [], []
    for cell_id, inside, commune, neighbourhood, departement, territories in connection.execute(PLACES):
        part = UNLOCATED if inside is None else INSIDE if inside else OUTSIDE
        for qpv_only in (False, True) if cell_id in limited else (False,):
            keys.append((cell_id, qpv_only))
            cells.append(Cell(part, qpv_only, commune, neighbourhood, departement, tuple(territories)))
    return Places(tuple(keys), build_lattice(cells, levels))


def by_atom(
    moves: Sequence[Move], places: Places, landlords: Sequence[str], first: int, last: int
) -> Mapping[str, Ints]:
    """Return, by measure, moves by view (0: all; i: without landlord i - 1), atom and month."""
    shape = (len(landlords) + 1, places.lattice.atoms, last - first + 1)
    found = {measure: np.zeros(shape, dtype=np.int64) for measure in MEASURES}
    index = {key: i for i, key in enumerate(places.keys)}
    view = {landlord: i + 1 for i, landlord in enumerate(landlords)}
    for month, cell_id, landlord, qpv_only, *counts in moves:
        atom = places.lattice.atom_of[index[cell_id, qpv_only]]
        for measure, n in zip(MEASURES, counts, strict=True):
            found[measure][0, atom, number(month) - first] += n
            if landlord in view:
                found[measure][view[landlord], atom, number(month) - first] -= n
    for measure in MEASURES:
        found[measure][1:] += found[measure][0]
    return found
