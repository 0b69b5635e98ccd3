"""INSEE's file of RPLS by QPV: one line a quartier, blanks where statistical secrecy applies. No database.

Columns are found by their names, whatever their order and case; the file is separated by `;`, `,` or tabs, with or
without a BOM, with decimal commas or points, its codes bare or wrapped as `="QN03107M"`. Every line is read or said
to be wrong, with its line and column: a file with one fault is not taken in by halves.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from operations.services.errors import ServiceError
from producers.location.perimeters import generation_of, unwrapped

CODE = ("codgeo", "code_qp", "code_qpv", "codeqpv", "qp", "qpv")
DWELLINGS = ("nblspls", "nb_ls_pls", "nbls", "nb_logements")
VACANCY = ("txvac", "tx_vac", "taux_vacance")
ROTATION = ("txrot", "tx_rot", "txmob", "tx_mob", "taux_mobilite")
SEPARATORS = ";,\t"
BLANKS = frozenset({"", "s", "ns", "nd", "c", "-", "..", "n/a"})
SAYS_YEAR = re.compile(r"rpls[_-]?(20\d\d)", re.IGNORECASE)
# A wrapped field that was not quoted as a whole would be cut at the separator it holds.
BARE_WRAP = re.compile(r'(^|[;,\t])="([^"]*)"(?=[;,\t]|$)', re.MULTILINE)
LISTED = 20


class RplsError(ServiceError):
    """A file that cannot be taken in: what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class RplsQpv:
    """What RPLS says of one quartier; None where it is secret or not said."""

    code: str
    dwellings: int | None
    vacancy_percent: Decimal | None
    rotation_percent: Decimal | None


@dataclass(slots=True)
class RplsFile:
    """The quartiers of a file, and what is wrong with it: French sentences. `generation`: 2015 or 2024."""

    generation: int | None = None
    qpvs: list[RplsQpv] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_rpls(path: Path) -> RplsFile:
    """Return the quartiers of a file; RplsError where it cannot be read, or is another file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise RplsError(f"{path} n'existe pas : vérifiez le nom du fichier.") from error
    except OSError as error:
        raise RplsError(f"{path.name} ne peut pas être lu : {error}.") from error
    return parse_rpls(_text(content, path.name), path.name)


def parse_rpls(text: str, name: str) -> RplsFile:
    """Return the quartiers of a file's text; RplsError where it is another file. `name` is for messages."""
    lines = text.splitlines()
    separator = max(SEPARATORS, key=(lines or [""])[0].count)
    reader = csv.reader(BARE_WRAP.sub(r'\1"\2"', text).splitlines(), delimiter=separator)
    header = [unwrapped(one).lower() for one in next(reader, [])]
    at = {kind: _column(header, names) for kind, names in (("code", CODE), ("dwellings", DWELLINGS))}
    if missing := [names[0] for kind, names in (("code", CODE), ("dwellings", DWELLINGS)) if at[kind] is None]:
        raise RplsError(
            f"{name}, ligne 1 : colonne(s) absente(s) : {', '.join(missing)}. Attendu : le fichier de l'INSEE « parc "
            "locatif social, quartiers prioritaires », avec ses en-têtes d'origine (codgeo, nbLsPls, txVac, txRot)."
        )
    at |= {"vacancy": _column(header, VACANCY), "rotation": _column(header, ROTATION)}
    found = RplsFile()
    for row in reader:
        if any(field.strip() for field in row):
            _Line(found, reader.line_num, row, at).read()
    generations = sorted({generation_of(one.code) or 0 for one in found.qpvs})
    if len(generations) > 1:
        found.problems.append("le fichier mêle des quartiers de 2015 (QP) et de 2024 (QN) : importez-les séparément")
    if not found.qpvs and not found.problems:
        raise RplsError(f"{name} ne contient aucun quartier : retéléchargez-le.")
    found.generation = generations[0] if len(generations) == 1 else None
    found.problems += _repeated(one.code for one in found.qpvs)
    return found


def year_of(name: str) -> int | None:
    """Return the vintage (1 January of a year) that a file's name says, as in `insee_rpls2022_qpv2015.csv`."""
    said = SAYS_YEAR.search(name)
    return int(said[1]) if said else None


@dataclass(slots=True)
class _Line:
    """One line of the file: reads it, or says what is wrong with it."""

    found: RplsFile
    number: int
    row: list[str]
    at: dict[str, int | None]

    def read(self) -> None:
        before = len(self.found.problems)
        code = self._field("code").upper()
        if generation_of(code) is None:
            self._wrong("code", f"« {code} » n'est un code de quartier ni de 2015 (QP031007) ni de 2024 (QN03107M)")
        dwellings = self._number("dwellings")
        if dwellings is not None and dwellings != dwellings.to_integral_value():
            self._wrong("dwellings", f"{dwellings} n'est pas un nombre entier de logements")
        rates = [self._number(kind, most=100) for kind in ("vacancy", "rotation")]
        if len(self.found.problems) == before:
            self.found.qpvs.append(RplsQpv(code, None if dwellings is None else int(dwellings), *rates))

    def _field(self, kind: str) -> str:
        column = self.at[kind]
        return unwrapped(self.row[column]) if column is not None and column < len(self.row) else ""

    def _number(self, kind: str, most: int | None = None) -> Decimal | None:
        text = self._field(kind)
        if text.lower() in BLANKS:
            return None
        try:
            value = Decimal(re.sub(r"[\s\u00a0\u202f]", "", text).replace(",", "."))
        except InvalidOperation:
            self._wrong(kind, f"« {text} » n'est pas un nombre")
            return None
        if not value.is_finite() or value < 0 or (most is not None and value > most):
            self._wrong(kind, f"{text} est hors de toute mesure" + (f" (de 0 à {most})" if most else ""))
            return None
        return value

    def _wrong(self, kind: str, text: str) -> None:
        column = self.at[kind]
        place = "" if column is None else f", colonne {column + 1}"
        self.found.problems.append(f"ligne {self.number}{place} : {text}")


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _repeated(codes: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            yield f"{code} y est plusieurs fois : gardez une seule ligne par quartier"
        seen.add(code)


def _text(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RplsError(f"{name} : codage des caractères inconnu ; enregistrez-le en UTF-8.")
