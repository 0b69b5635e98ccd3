"""A large export of movements, one in a hundred rows with a flaw: always the same for a number of rows."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from pyproj import Transformer

from schemas.territories import load

_HEADER = (
    "N° contrat;Réf. logement;Nom locataire;Téléphone;Code INSEE;Code QPV;X;Y;Sens;Date congé;Date effet;Motif;Statut;"
    "Type logement;Financement"
)
_OUT = ("Décès", "Accession", "Mutation interne", "Autre bailleur", "Séparation", "Maison de retraite", "")
_IN = ("Attribution", "Mutation interne", "Première mise en location")
_START = date(2016, 1, 1)
_BUILDINGS = 40_000


def write_export(path: Path, rows: int) -> None:
    """Write the file: cp1252, semicolons, Lambert 93 coordinates; about 130 bytes a row."""
    with path.open("w", encoding="cp1252", newline="") as handle:
        handle.write(_HEADER + "\r\n")
        handle.writelines(_lines(rows))


def _places() -> Iterator[tuple[str, str, float, float]]:
    """Yield (commune, QPV, X, Y) of the QPVs of 2024, in Lambert 93."""
    to_lambert = Transformer.from_crs(4326, 2154, always_xy=True)
    for qpv in load().qpvs_of(2024):
        yield (qpv.communes[0], qpv.code, *to_lambert.transform(qpv.longitude, qpv.latitude))


def _lines(rows: int) -> Iterator[str]:
    draw = random.Random(rows)
    qpvs = list(_places())
    for number in range(rows):
        dwelling, step = divmod(number, 4)
        commune, qpv, x, y = qpvs[dwelling % len(qpvs)]
        # four moves a dwelling, in and out by turns, months apart
        day = _START + timedelta(days=dwelling % 900 + step * 600 + draw.randrange(90))
        leaving, lease = step % 2 == 1, dwelling * 2 + step // 2
        building = dwelling % _BUILDINGS
        notice = f"{day - timedelta(days=80):%d/%m/%Y}" if leaving else ""
        flaw = draw.random()
        yield (
            f"{'' if flaw < 0.001 else f'C{lease:08d}'};LG{dwelling:07d};FICTIF {number};01990{number % 100000:05d};"
            f"{'31999' if 0.001 < flaw < 0.003 else commune};{qpv if dwelling % 3 == 0 else ''};"
            f"{x + building % 400:.1f};{y + building // 400:.2f};{'S' if leaving else 'E'};{notice};"
            f"{'31/02/2020' if 0.003 < flaw < 0.006 else f'{day:%d/%m/%Y}'};{draw.choice(_OUT if leaving else _IN)};"
            f"Réalisé;T{dwelling % 5 + 1};{('PLUS', 'PLAI', 'HLMO')[dwelling % 3]}\r\n"
        )
