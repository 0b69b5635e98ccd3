"""Erasure on a landlord's demand: read the list, erase everywhere, tell the landlord, leave a report to be signed.

Neither the report nor the receipt quotes a pseudonym: both carry the fingerprint of the list.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from operations.services.errors import ServiceError
from runtime.clock import PARIS
from streams.retention.erasure import Erased, NotYetError, erase, fingerprint, forgotten_on

REPORT = Path(__file__).with_name("erasure_report.md")


def read_list(lines: Iterable[str]) -> list[UUID]:
    """Return the pseudonyms of a list, one a line, each once. Raises ServiceError, which quotes none."""
    found: dict[UUID, None] = {}
    for number, line in enumerate(lines, 1):
        if not (text := line.strip()):
            continue
        try:
            found[UUID(text)] = None
        except ValueError as error:
            raise ServiceError(
                f"ligne {number} : attendu un pseudonyme (UUID) par ligne, tel que `quartiers keys pseudonym` le donne."
            ) from error
    if not found:
        raise ServiceError("aucun pseudonyme à effacer : donnez --dwelling, --move-id, ou un fichier.")
    return list(found)


def erase_now(connection: psycopg.Connection[Any], siren: str, pseudonyms: Sequence[UUID]) -> Erased:
    """Erase. Raises ServiceError where something keeps it from being done at once."""
    try:
        return erase(connection, siren, pseudonyms)
    except NotYetError as error:
        raise ServiceError(
            "Une longue opération (une sauvegarde ?) est en cours sur la base : tout n'a pas pu être effacé. Relancez "
            "la même commande quand elle sera finie."
        ) from error


def report(
    siren: str,
    name: str,
    operator: str,
    pseudonyms: Sequence[UUID],
    erased: Erased,
    archived: int | None,
    now: datetime,
    *,
    equal: bool,
) -> str:
    """Return the report, to be signed."""
    return REPORT.read_text(encoding="utf-8").format(
        name=name,
        siren=siren,
        operator=operator,
        day=now.astimezone(PARIS),
        asked=len(pseudonyms),
        listed=fingerprint(pseudonyms),
        **vars(erased),
        archived="aucune archive n'est tenue" if archived is None else archived,
        verdict="égaux à leur recomptage" if equal else "DIFFÉRENTS de leur recomptage : voir `quartiers verify`",
        until=forgotten_on(now.astimezone(PARIS).date()),
    )


def unused(path: Path) -> Path:
    """Return the path, numbered if there is such a file: a report is never overwritten."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found
