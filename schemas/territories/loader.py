"""Load the territory tables; what is loaded has passed every check."""

from datetime import date
from functools import cache
from pathlib import Path

from schemas.territories.checks import problems_of
from schemas.territories.models import Commune, Departement, Epci, Qpv, Region, Succession, Territories
from schemas.territories.tables import QPV_FILES, RPLS_COLUMNS, Row, TerritoryError, read_tables

PACKAGED = Path(__file__).parent


def load(folder: Path = PACKAGED) -> Territories:
    """Return the territories of `folder` (the packaged ones are read once).

    Raises TerritoryError with every problem found: file, line, column and what to do.
    """
    return _packaged() if folder == PACKAGED else _load(folder)


@cache
def _packaged() -> Territories:
    return _load(PACKAGED)


def _load(folder: Path) -> Territories:
    tables = read_tables(folder)
    if problems := problems_of(tables):
        raise TerritoryError(problems)
    communes = {row["code"]: _commune(row) for row in tables["communes.csv"]}
    return Territories(
        communes=communes,
        epcis={row["code"]: Epci(row["code"], row["name"], row["nature"]) for row in tables["epci.csv"]},
        departements={
            row["code"]: Departement(row["code"], row["name"], row["region"]) for row in tables["departements.csv"]
        },
        regions={row["code"]: Region(row["code"], row["name"]) for row in tables["regions.csv"]},
        qpvs={
            row["code"]: _qpv(row, generation, communes)
            for generation, file in QPV_FILES.items()
            for row in tables[file]
        },
        successions={
            row["code"]: Succession(row["code"], row["name"], row["successor"], date.fromisoformat(row["since"]))
            for row in tables["commune_successions.csv"]
        },
    )


def _commune(row: Row) -> Commune:
    population = int(row["population"]) if row["population"] else None
    return Commune(row["code"], row["name"], row["epci"], row["departement"], row["region"], population)


def _qpv(row: Row, generation: int, communes: dict[str, Commune]) -> Qpv:
    dwellings, vacancy, rotation = (row[column] for column in RPLS_COLUMNS[generation])
    epcis = {communes[code].epci for code in row.codes("communes")} - {""}
    return Qpv(
        code=row["code"],
        generation=generation,
        name=row["name"],
        statut=row["statut"] if generation == 2024 else "",
        departement=row["departement"],
        communes=row.codes("communes"),
        epci=tuple(sorted(epcis)),
        lineage=row.codes("qpv_2015") if generation == 2024 else (),
        dwellings=int(dwellings) if dwellings else None,
        vacancy_percent=float(vacancy) if vacancy else None,
        rotation_percent=float(rotation) if rotation else None,
        longitude=float(row["longitude"]),
        latitude=float(row["latitude"]),
        centroid_source=row["centroid_source"],
    )
