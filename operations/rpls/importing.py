"""Keep the RPLS of quartiers in the database: a vintage of one generation at a time, replaced as a whole."""

from dataclasses import dataclass
from typing import Any

import psycopg

from operations.rpls.reading import LISTED, RplsError, RplsFile

KNOWN = "SELECT code FROM core.territory WHERE level = %s"
FORGET = "DELETE FROM core.rpls_qpv WHERE year = %s AND code LIKE %s"
KEEP = """
INSERT INTO core.rpls_qpv (code, year, dwellings, vacancy_percent, rotation_percent, source)
VALUES (%s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Imported:
    """What an import kept, or would keep."""

    generation: int
    kept: int
    secret: int
    elsewhere: int
    missing: tuple[str, ...]
    """Quartiers that are known here and not in the file."""


def import_rpls(
    connection: psycopg.Connection[Any], found: RplsFile, year: int, source: str, *, dry_run: bool = False
) -> Imported:
    """Keep a vintage, in one transaction; RplsError, with nothing written, if the file has a fault."""
    if found.problems or found.generation is None:
        more = len(found.problems) - LISTED
        listed = found.problems[:LISTED] + ([f"… et {more} autres"] if more > 0 else [])
        raise RplsError("Rien n'a été importé :\n  " + "\n  ".join(listed))
    with connection.transaction(), connection.cursor() as cursor:
        known = {code for (code,) in cursor.execute(KNOWN, (f"qpv_{found.generation}",)).fetchall()}
        kept = [one for one in found.qpvs if one.code in known]
        if not kept:
            raise RplsError("Aucun quartier de la région dans ce fichier : prenez le fichier national de l'INSEE.")
        if not dry_run:
            cursor.execute(FORGET, (year, "QP%" if found.generation == 2015 else "QN%"))
            cursor.executemany(
                KEEP,
                [(q.code, year, q.dwellings, q.vacancy_percent, q.rotation_percent, source) for q in kept],
            )
    return Imported(
        found.generation,
        len(kept),
        sum(one.dwellings is None for one in kept),
        len(found.qpvs) - len(kept),
        tuple(sorted(known - {one.code for one in kept})),
    )
