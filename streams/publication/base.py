"""The moves that windows are made of, by cell and landlord, over declared landlord-months.

Invariant: a month that has been published keeps the counts it had then (`core.published_base`): later corrections
enter no window of an earlier month, so that no difference of two windows is a correction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import psycopg

from streams.secrecy.lattice import INSIDE, OUTSIDE, UNLOCATED, Cell, Ints, Lattice, build_lattice

MEASURES = ("departures", "arrivals")
_PLACES = ("same_qpv", "other_qpv", "same_commune", "same_epci", "departement", "region", "elsewhere")


class Family(NamedTuple):
    """A total and the classes that divide it; what they leave of the total is one more class."""

    name: str
    total: str
    classes: tuple[str, ...]


FAMILIES = (
    Family(
        "departure_kinds",
        "departures",
        ("departures_same_landlord", "departures_other_landlord", "departures_rehoused", "departures_reason_unknown"),
    ),
    Family("destinations", "departures", tuple(f"left_{place}" for place in _PLACES)),
    Family("arrival_kinds", "arrivals", ("first_lettings", "arrivals_same_landlord", "arrivals_rehoused")),
    Family("origins", "arrivals", tuple(f"came_{place}" for place in _PLACES)),
)
RELET = "relet_dwellings_12_months"
KEPT = (*MEASURES, *(name for family in FAMILIES for name in family.classes), RELET)
"""The counts of a month that are kept as they were when it was published."""
NOTICES = ("notices", "notices_withdrawn")
# Whose moves count, and in what, as the measures say it (`core.observed_month_recount`): after a merger the successor's
# declarations decide; who declares its quartiers only counts in them, and in part `qpv` of what holds them.
_DECLARED = """
SELECT month, cell_id, landlord, qpv_only, {columns} FROM (
    SELECT month, cell_id, counted_for AS landlord, NOT (declared_whole AND whole) AS qpv_only, {sums}
    FROM core.cell_month JOIN core.landlord_month USING (landlord, month) JOIN core.cell USING (cell_id)
    WHERE month BETWEEN %(first)s AND %(last)s AND (declared_whole AND whole
        OR declared_qpv AND (coalesce(inside_qpv, false) OR qpv_2024 IS NOT NULL OR qpv_2015 IS NOT NULL))
    GROUP BY 1, 2, 3, 4
) AS declared WHERE ({some})
"""


def _declared(columns: Sequence[str]) -> str:
    """Return the query of some columns of the moves of declared landlord-months, as they are now."""
    return _DECLARED.format(
        columns=", ".join(columns),
        sums=", ".join(f"sum({name})::integer AS {name}" for name in columns),
        some=" OR ".join(f"{name} <> 0" for name in (*MEASURES, RELET, *NOTICES) if name in columns),
    )


_COLUMNS = ", ".join(KEPT)
DECLARED = _declared((*KEPT, *NOTICES))
FREEZE = f"""
INSERT INTO core.published_base (month, cell_id, landlord, qpv_only, {_COLUMNS}) {_declared(KEPT)}
AND NOT EXISTS (SELECT FROM core.published_base AS frozen WHERE frozen.month = declared.month)
"""
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
FROZEN = f"""
SELECT month, cell_id, landlord, qpv_only, {_COLUMNS} FROM core.published_base
WHERE month BETWEEN %(first)s AND %(last)s
"""  # noqa: S608
Move = tuple[Any, ...]
"""Month, cell, landlord, whether it counts in quartiers only, then `KEPT`, then `NOTICES` where they are not frozen."""


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
    connection.execute(FREEZE.encode(), {"first": first_day(first), "last": first_day(last)})


def read_moves(connection: psycopg.Connection[Any], query: str, first: int, last: int) -> list[Move]:
    """Return moves by month, cell and landlord: `FROZEN`, as published; `DECLARED`, as they are now."""
    return connection.execute(query.encode(), {"first": first_day(first), "last": first_day(last)}).fetchall()


def read_places(connection: psycopg.Connection[Any], moves: Sequence[Move]) -> Places:
    """Return all cells with a stock or moves, and the lattice of their territories."""
    levels = dict(connection.execute("SELECT territory_id, level FROM core.territory").fetchall())
    limited = {cell_id for _, cell_id, _, qpv_only, *_ in moves if qpv_only}
    keys, cells = [], []
    for cell_id, inside, commune, neighbourhood, departement, territories in connection.execute(PLACES):
        part = UNLOCATED if inside is None else INSIDE if inside else OUTSIDE
        for qpv_only in (False, True) if cell_id in limited else (False,):
            keys.append((cell_id, qpv_only))
            cells.append(Cell(part, qpv_only, commune, neighbourhood, departement, tuple(territories)))
    return Places(tuple(keys), build_lattice(cells, levels))


def by_atom(
    moves: Sequence[Move],
    places: Places,
    landlords: Sequence[str],
    first: int,
    last: int,
    measures: Sequence[str] = MEASURES,
) -> Mapping[str, Ints]:
    """Return, by measure, moves by view (0: all; i: without landlord i - 1), atom and month."""
    shape = (len(measures), len(landlords) + 1, places.lattice.atoms, last - first + 1)
    found = np.zeros(shape, dtype=np.int64)
    index = {key: i for i, key in enumerate(places.keys)}
    view = {landlord: i + 1 for i, landlord in enumerate(landlords)}
    columns = [(*KEPT, *NOTICES).index(measure) for measure in measures]
    for month, cell_id, landlord, qpv_only, *counts in moves:
        atom, t = places.lattice.atom_of[index[cell_id, qpv_only]], number(month) - first
        n = [counts[column] for column in columns]
        found[:, 0, atom, t] += n
        if landlord in view:
            found[:, view[landlord], atom, t] -= n
    found[:, 1:] += found[:, :1]
    return dict(zip(measures, found, strict=True))
