"""What was received of the quartiers, read whole from the database into `Arrivals`, in the caller's snapshot."""

from datetime import date
from typing import Any

import numpy as np
import psycopg

from streams.backtest.arrivals import NEVER, Arrivals, Declaration, Moves, Places, Standing, Stock
from streams.detection.verdicts import Ints
from streams.publication.base import number

_CELLS = """
SELECT cell_id, territory.code FROM core.cell_territory JOIN core.territory USING (territory_id)
WHERE level = 'qpv_2024' ORDER BY 2, 1
"""
_ZONES = """
SELECT territory.code, commune, epci FROM core.territory
JOIN core.qpv_commune ON qpv = territory.code JOIN core.commune ON commune.code = commune
WHERE level = 'qpv_2024' ORDER BY 1, 2
"""
# As `core.moves_recorded` counts them, by day of receipt instead of transaction.
_MOVES = """
SELECT * FROM (
    SELECT received_on, effect_month, landlord, cell_id,
        coalesce(sum(delta) FILTER (WHERE direction = 'out' AND nature_class NOT IN ('technical', 'relogement')), 0)
            ::integer AS departures,
        coalesce(sum(delta) FILTER (WHERE direction = 'in' AND nature_class NOT IN ('technical', 'relogement')), 0)
            ::integer AS arrivals,
        (coalesce(sum(delta) FILTER (WHERE direction = 'in' AND nature_class = 'first_letting'), 0)
            - coalesce(sum(delta) FILTER (WHERE direction = 'out' AND reason = 'vente_occupant'), 0))::integer
            AS entering
    FROM core.fact JOIN core.flow USING (flow) WHERE cell_id = ANY (%s)
    GROUP BY 1, 2, 3, 4
) AS counted WHERE (departures, arrivals, entering) <> (0, 0, 0) ORDER BY 1, 2, 3, 4
"""
_STOCKS = "SELECT landlord, stock_on, received_on FROM core.stock ORDER BY 1, 2"
_DWELLINGS = "SELECT landlord, stock_on, cell_id, dwellings FROM core.stock_dwellings WHERE cell_id = ANY (%s)"
_DECLARATIONS = """
SELECT landlord, scope, revision, complete_from, complete_through, received_on FROM core.declaration ORDER BY 1, 2, 3
"""
_STANDING = """
SELECT landlord, counted_for, nullif(since, '-infinity'), nullif(until, 'infinity'), taken_over_on
FROM core.landlord_at ORDER BY 1, since
"""


def read_arrivals(cursor: psycopg.Cursor[Any]) -> Arrivals:
    """Return all that was received. One snapshot is the caller's to hold."""
    cells = cursor.execute(_CELLS).fetchall()
    cell_place = {cell: place for place, (cell, _) in enumerate(cells)}
    known = list(cell_place)
    moves = cursor.execute(_MOVES, (known,)).fetchall()
    stocks = cursor.execute(_STOCKS).fetchall()
    standing = cursor.execute(_STANDING).fetchall()
    declarations = cursor.execute(_DECLARATIONS).fetchall()
    names = sorted({row[2] for row in moves} | {row[0] for rows in (stocks, standing, declarations) for row in rows})
    rank = {siren: place for place, siren in enumerate(names)}
    return Arrivals(
        landlords=tuple(names),
        places=_places(cells, cursor.execute(_ZONES).fetchall()),
        moves=_moves(moves, rank, cell_place),
        stocks=_stocks(stocks, cursor.execute(_DWELLINGS, (known,)).fetchall(), rank, cell_place),
        declarations=tuple(
            Declaration(
                rank[siren],
                scope,
                revision,
                0 if first is None else first.toordinal(),
                last.toordinal(),
                on.toordinal(),
            )
            for siren, scope, revision, first, last, on in declarations
        ),
        standing=tuple(
            Standing(
                rank[siren],
                rank[counted_for],
                0 if since is None else number(since),
                NEVER if until is None else number(until),
                NEVER if taken_over is None else taken_over.toordinal(),
            )
            for siren, counted_for, since, until, taken_over in standing
        ),
    )


def _places(cells: list[tuple[Any, ...]], zones: list[tuple[Any, ...]]) -> Places:
    codes = sorted({code for _, code in cells})
    place = {code: at for at, code in enumerate(codes)}
    communes: list[list[str]] = [[] for _ in codes]
    epcis: list[list[str]] = [[] for _ in codes]
    for code, commune, epci in zones:
        if code in place:
            communes[place[code]].append(commune)
            epcis[place[code]] += [epci] if epci and epci not in epcis[place[code]] else []
    return Places(
        codes=tuple(codes),
        quartier=np.array([place[code] for _, code in cells], dtype=np.int64),
        communes=tuple(map(tuple, communes)),
        epcis=tuple(map(tuple, epcis)),
    )


def _moves(rows: list[tuple[Any, ...]], rank: dict[str, int], cell_place: dict[int, int]) -> Moves:
    days: dict[date, int] = {day: day.toordinal() for day, *_ in rows}
    months: dict[date, int] = {month: number(month) for _, month, *_ in rows}

    def column(values: list[int]) -> Ints:
        return np.array(values, dtype=np.int64)

    return Moves(
        receipt=column([days[row[0]] for row in rows]),
        month=column([months[row[1]] for row in rows]),
        landlord=column([rank[row[2]] for row in rows]),
        cell=column([cell_place[row[3]] for row in rows]),
        departures=column([row[4] for row in rows]),
        arrivals=column([row[5] for row in rows]),
        entering=column([row[6] for row in rows]),
    )


def _stocks(
    stocks: list[tuple[Any, ...]],
    dwellings: list[tuple[Any, ...]],
    rank: dict[str, int],
    cell_place: dict[int, int],
) -> tuple[Stock, ...]:
    held = {(siren, day): np.zeros(len(cell_place)) for siren, day, _ in stocks}
    for siren, day, cell, count in dwellings:
        held[siren, day][cell_place[cell]] = float(count)
    return tuple(
        Stock(rank[siren], day.toordinal(), received_on.toordinal(), held[siren, day])
        for siren, day, received_on in stocks
    )
