"""The flaws that real exports have, put into clean ones: wrong dates, missing motives, doubles, a line of total.

Pure: the same rows and seed give the same flaws. Every kind of flaw occurs once the export has a dozen rows.
"""

import numpy as np

from producers.region.draws import stream
from producers.region.extracts import MOVES_HEADER, STOCK_HEADER, Export

_CONTRACT, _COMMUNE, _DAY, _MOTIVE, _NAME = (
    MOVES_HEADER.index(name) for name in ("N° contrat", "Code INSEE", "Date effet", "Motif", "Nom locataire")
)
_LEAST_ROWS = 12
_MISSING_MOTIVES, _CO_TENANTS = 0.04, 0.03
_UNKNOWN_COMMUNE = "31999"


def spoil_movements(clean: Export, seed: int, *names: str) -> Export:
    """Return the export with its flaws; `names` name the draw."""
    rows = [list(row) for row in clean.rows]
    if len(rows) < _LEAST_ROWS:
        return Export(clean.header, [*rows, _total(len(rows))])
    rng = stream(seed, "flaws", *names)
    order = rng.permutation(len(rows)).tolist()
    rows[order[0]][_DAY] = "31/02/" + rows[order[0]][_DAY][-4:]
    rows[order[1]][_DAY] = ""
    rows[order[2]][_COMMUNE] = _UNKNOWN_COMMUNE
    rows[order[3]][_CONTRACT] = ""
    for index in order[4 : 4 + max(1, round(len(rows) * _MISSING_MOTIVES))]:
        rows[index][_MOTIVE] = ""
    again = [list(rows[index]) for index in order[-max(1, round(len(rows) * _CO_TENANTS)) :]]
    for row in again:  # a second holder of the same contract
        row[_NAME] = "SECOND TITULAIRE"
    changed = list(rows[order[-1]])
    changed[_DAY] = "01" + changed[_DAY][2:] if not changed[_DAY].startswith("01") else "02" + changed[_DAY][2:]
    places = np.sort(rng.integers(0, len(rows), len(again))).tolist()
    for place, row in zip(reversed(places), again, strict=True):
        rows.insert(place, row)
    return Export(clean.header, [*rows, changed, _total(len(rows) + 1)])


def _total(count: int) -> list[str]:
    return ["TOTAL", str(count), *[""] * (len(MOVES_HEADER) - 2)]


def spoil_stock(clean: Export, seed: int, *names: str) -> Export:
    """Return the export with its flaws: a lost zero or an unknown commune, a lease without date, a dwelling twice."""
    rows = [list(row) for row in clean.rows]
    if len(rows) < _LEAST_ROWS:
        return Export(clean.header, rows)
    commune, lease, mode = (STOCK_HEADER.index(name) for name in ("DEPCOM", "BAIL", "MODE"))
    order = stream(seed, "flaws of stock", *names).permutation(len(rows)).tolist()
    rows[order[0]][commune] = _UNKNOWN_COMMUNE
    let = [index for index in order[1:] if rows[index][mode] == "1"]
    for index in let[:2]:
        rows[index][lease] = ""
    return Export(clean.header, [*rows, list(rows[order[-1]])])
