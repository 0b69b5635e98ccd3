"""Territories of one's own: a contrat de ville, or any set of QPVs and communes, counted as one more level.

Invariant: members, ladder, counters and measures change in one transaction. A cell belongs to a territory once, however
many of its codes are members.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from operations.rebuild import rebuild_after
from schemas.territories import Territories

COLUMNS = ("code", "nom", "membre")
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
KNOWN = """
SELECT code, name, array_agg(member ORDER BY member)
FROM core.territory JOIN core.own_member USING (territory_id) GROUP BY territory_id ORDER BY code
"""
KEEP = """
INSERT INTO core.territory (level, code, name) VALUES ('own', %s, %s)
ON CONFLICT (level, code) DO UPDATE SET name = excluded.name RETURNING territory_id
"""
OF_TERRITORIES = """
SELECT table_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'core' AND column_name = 'territory_id' AND table_type = 'BASE TABLE' AND table_name <> 'territory'
"""


@dataclass(frozen=True)
class OwnTerritory:
    """A territory and the codes that it is made of: QPVs of either generation, communes."""

    code: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """What is wrong in the file, where, and what to do; `line` counts from 1, the heading being line 1."""

    line: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"ligne {self.line}, colonne {self.column} : {self.what}"


class OwnTerritoryError(ValueError):
    """The file cannot be taken, or what was asked is not known; the message is in French, for whoever asked."""


def read(text: str, territories: Territories) -> list[OwnTerritory]:
    """Return the territories of a file, in its order. Raises OwnTerritoryError with every fault found."""
    lines = text.removeprefix("\ufeff").splitlines()
    heading = lines[0] if lines else ""
    rows = list(csv.reader(lines, delimiter=";" if ";" in heading else ","))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if absent := [name for name in COLUMNS if name not in names]:
        raise OwnTerritoryError(
            f"ligne 1 : colonne « {absent[0]} » absente ; la première ligne doit être code;nom;membre"
        )
    found: dict[str, tuple[str, list[str]]] = {}
    faults: list[Fault] = []
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        fields = dict(zip(names, (cell.strip() for cell in row), strict=False))
        code, name, member = (fields.get(column, "") for column in COLUMNS)
        wrong = [*_of_territory(line, code, name, found.get(code), territories), *_of_member(line, member, territories)]
        if not wrong and code in found and member in found[code][1]:
            wrong.append(Fault(line, "membre", f"{member} est déjà membre de {code} : enlevez cette ligne"))
        faults += wrong
        if not wrong:
            found.setdefault(code, (name, []))[1].append(member)
    if faults:
        raise OwnTerritoryError("\n".join(str(fault) for fault in faults))
    if not found:
        raise OwnTerritoryError("le fichier ne contient aucun territoire : une ligne par membre, sous code;nom;membre")
    return [OwnTerritory(code, name, tuple(members)) for code, (name, members) in found.items()]


def _of_territory(
    line: int, code: str, name: str, known: tuple[str, list[str]] | None, territories: Territories
) -> list[Fault]:
    official = (
        territories.communes,
        territories.epcis,
        territories.departements,
        territories.regions,
        territories.qpvs,
    )
    if not CODE.fullmatch(code):
        return [Fault(line, "code", f"« {code} » : 1 à 32 lettres sans accent, chiffres, tirets ou traits bas")]
    if any(code in level for level in official):
        return [Fault(line, "code", f"{code} est déjà le code d'un territoire officiel : choisissez-en un autre")]
    if not name:
        return [Fault(line, "nom", "vide : donnez le nom du territoire")]
    if known is not None and known[0] != name:
        return [Fault(line, "nom", f"{code} s'appelle « {known[0]} » plus haut : gardez un seul nom")]
    return []


def _of_member(line: int, member: str, territories: Territories) -> list[Fault]:
    if member in territories.qpvs or member in territories.communes:
        return []
    if succession := territories.successions.get(member):
        return [Fault(line, "membre", f"{member} n'est plus une commune : écrivez {succession.successor}")]
    what = f"« {member} » n'est ni un QPV de 2015 ou de 2024, ni une commune de la région : vérifiez le code"
    return [Fault(line, "membre", what)]


def known(connection: psycopg.Connection[Any]) -> list[OwnTerritory]:
    """Return the territories that were imported, by code."""
    return [OwnTerritory(code, name, tuple(members)) for code, name, members in connection.execute(KNOWN).fetchall()]


def keep(connection: psycopg.Connection[Any], wanted: Sequence[OwnTerritory]) -> None:
    """Write these territories, each in place of the one that had its code; others stay. Everything is recounted."""

    def write(cursor: psycopg.Cursor[Any]) -> None:
        for one in wanted:
            territory = cursor.execute(KEEP, (one.code, one.name)).fetchall()[0][0]
            cursor.execute("DELETE FROM core.own_member WHERE territory_id = %s", (territory,))
            cursor.executemany("INSERT INTO core.own_member VALUES (%s, %s)", [(territory, m) for m in one.members])

    rebuild_after(connection, write)


def remove(connection: psycopg.Connection[Any], code: str) -> None:
    """Take a territory away, with all that was counted for it. Raises OwnTerritoryError if it is not known."""

    def write(cursor: psycopg.Cursor[Any]) -> None:
        found = cursor.execute("SELECT territory_id FROM core.territory WHERE (level, code) = ('own', %s)", (code,))
        if not (rows := found.fetchall()):
            raise OwnTerritoryError(f"{code} n'est pas connu ici : `quartiers territory list` montre les territoires.")
        for (table,) in cursor.execute(OF_TERRITORIES).fetchall():
            cursor.execute(f"DELETE FROM core.{table} WHERE territory_id = %s", rows[0])  # noqa: S608
        cursor.execute("DELETE FROM core.territory WHERE territory_id = %s", rows[0])

    rebuild_after(connection, write)
