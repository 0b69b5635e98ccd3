"""Load the packaged facts into the database: territories, QPV tables, RPLS, classes of reasons. Safe to repeat."""

from collections.abc import Iterable
from typing import Any

import psycopg

from schemas.codes import code_list
from schemas.territories import Territories

Row = tuple[object, ...]

UPSERT_TERRITORY = """
INSERT INTO core.territory (level, code, name, departement, statut, longitude, latitude)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (level, code) DO UPDATE SET name = excluded.name, departement = excluded.departement,
    statut = excluded.statut, longitude = excluded.longitude, latitude = excluded.latitude
"""
UPSERT_COMMUNE = """
INSERT INTO core.commune (code, epci, departement, region) VALUES (%s, %s, %s, %s)
ON CONFLICT (code) DO UPDATE SET epci = excluded.epci, departement = excluded.departement, region = excluded.region
"""
UPSERT_RPLS = """
INSERT INTO core.rpls (qpv_2015, dwellings, vacancy_percent, rotation_percent) VALUES (%s, %s, %s, %s)
ON CONFLICT (qpv_2015) DO UPDATE SET dwellings = excluded.dwellings,
    vacancy_percent = excluded.vacancy_percent, rotation_percent = excluded.rotation_percent
"""


# Only what differs is written: its number says whether a class changed.
UPSERT_NATURE = """
INSERT INTO core.nature (direction, reason, nature_class) VALUES (%s, %s, %s)
ON CONFLICT (direction, reason) DO UPDATE SET nature_class = excluded.nature_class
WHERE nature.nature_class <> excluded.nature_class
"""


def nature_rows() -> Iterable[Row]:
    """Yield (direction, reason, class) of every departure's reason and every arrival's nature."""
    for direction, name in (("out", "departure_reason"), ("in", "arrival_nature")):
        for code, row in code_list(name).items():
            yield direction, code, row.nature_class


def territory_rows(territories: Territories) -> Iterable[Row]:
    """Yield (level, code, name, département, statut, longitude, latitude) of every territory of every level."""
    for region in territories.regions.values():
        yield "region", region.code, region.name, None, None, None, None
    for departement in territories.departements.values():
        yield "departement", departement.code, departement.name, departement.code, None, None, None
    for epci in territories.epcis.values():
        yield "epci", epci.code, epci.name, None, None, None, None
    for commune in territories.communes.values():
        yield "commune", commune.code, commune.name, commune.departement, None, None, None
    for qpv in territories.qpvs.values():
        yield (
            f"qpv_{qpv.generation}",
            qpv.code,
            qpv.name,
            qpv.departement,
            qpv.statut or None,
            qpv.longitude,
            qpv.latitude,
        )


def load_reference(connection: psycopg.Connection[Any], territories: Territories) -> bool:
    """Write the tables of territories and of classes, in one transaction; return whether a class changed.

    The ladder of the cells that are known already, the flows of the moves that are in the ledger, and the counters
    that hang on them, are `rebuild`'s to renew.
    """
    qpvs = territories.qpvs.values()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(UPSERT_TERRITORY, territory_rows(territories))
        cursor.executemany(
            UPSERT_COMMUNE,
            [(c.code, c.epci or None, c.departement, c.region) for c in territories.communes.values()],
        )
        cursor.execute("TRUNCATE core.qpv_commune, core.qpv_lineage")
        cursor.executemany(
            "INSERT INTO core.qpv_commune VALUES (%s, %s)", [(q.code, c) for q in qpvs for c in q.communes]
        )
        cursor.executemany(
            "INSERT INTO core.qpv_lineage VALUES (%s, %s)",
            [(q.code, old) for q in qpvs if q.generation == 2024 for old in q.lineage],
        )
        cursor.executemany(
            UPSERT_RPLS,
            [(q.code, q.dwellings, q.vacancy_percent, q.rotation_percent) for q in qpvs if q.generation == 2015],
        )
        cursor.executemany(UPSERT_NATURE, nature_rows())
        return cursor.rowcount > 0
