"""The official list of the QPVs of 2024, `listeqp2024-cog2024.csv`: codes, names and communes.

It is `;`-separated with a BOM and empty columns at the end; codes are wrapped as `="57"`, several communes are joined
by `;` inside one field, and leading zeros may be gone.
"""

import csv
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from producers.errors import LandlordError
from producers.location.perimeters import commune_codes, generation_of, unwrapped
from schemas.territories import Territories
from schemas.territories.checks import departement_of_qpv
from schemas.territories.models import departement_of_commune

NEEDED = ("code_qp", "lib_qp", "insee_com")
# A wrapped field that was not quoted as a whole would be cut at the `;` it holds.
_BARE_WRAP = re.compile(r'(^|;)="([^"]*)"(?=;|$)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ListedQpv:
    """One QPV of the list, with the communes it lies in."""

    code: str
    name: str
    communes: tuple[str, ...]


@dataclass(slots=True)
class ImportedList:
    """The list of the observed départements, and what was noticed: French sentences."""

    source: str
    sha256: str
    qpvs: list[ListedQpv] = field(default_factory=list)
    left_out: int = 0
    problems: list[str] = field(default_factory=list)


def read_list(path: Path, territories: Territories, *, everywhere: bool = False) -> ImportedList:
    """Return the official list; only the observed départements unless `everywhere`.

    Raises LandlordError for another file.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise LandlordError(f"{path} n'existe pas : vérifiez le nom du fichier.") from error
    except OSError as error:
        raise LandlordError(f"{path.name} ne peut pas être lu : {error}.") from error
    imported = ImportedList(path.name, hashlib.sha256(content).hexdigest())
    lines = csv.reader(_BARE_WRAP.sub(r'\1"\2"', _text(path, content)).splitlines(), delimiter=";")
    header = [unwrapped(name).lower() for name in next(lines, [])]
    if missing := [name for name in NEEDED if name not in header]:
        raise LandlordError(
            f"{path.name} n'est pas la liste officielle des QPV : colonne(s) absente(s) : {', '.join(missing)}. "
            "Attendu : listeqp2024-cog2024.csv, séparé par des points-virgules, tel que téléchargé."
        )
    at = {name: header.index(name) for name in NEEDED}
    for row in lines:
        if any(row):
            _add(imported, lines.line_num, [row[at[name]] if at[name] < len(row) else "" for name in NEEDED])
    if not imported.qpvs:
        raise LandlordError(f"{path.name} ne contient aucun code de QPV : retéléchargez la liste officielle.")
    kept = [one for one in imported.qpvs if everywhere or departement_of_qpv(one.code) in territories.departements]
    if not kept:
        raise LandlordError(
            f"{path.name} ne contient aucun QPV de la région ({len(imported.qpvs)} d'ailleurs) : "
            "prenez la liste nationale."
        )
    imported.left_out = len(imported.qpvs) - len(kept)
    imported.qpvs = sorted(kept, key=lambda one: one.code)
    return imported


def _text(path: Path, content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LandlordError(f"{path.name} : codage des caractères inconnu ; retéléchargez la liste officielle.")


def _add(imported: ImportedList, line: int, fields: list[str]) -> None:
    code, name, communes = unwrapped(fields[0]).upper(), unwrapped(fields[1]), commune_codes(fields[2])
    if generation_of(code) is None:
        imported.problems.append(f"ligne {line} : « {code} » n'est pas un code de QPV, ligne laissée de côté")
        return
    astray = [one for one in communes if departement_of_commune(one) != departement_of_qpv(code)]
    if astray or not communes:
        imported.problems.append(f"ligne {line} ({code}) : communes illisibles ou d'un autre département : {fields[2]}")
    imported.qpvs.append(ListedQpv(code, name, tuple(one for one in communes if one not in astray)))
