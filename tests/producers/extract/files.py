"""Small extracts, written as a landlord's software would, and the mappings that read them."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

from producers.extract.mapping import Mapping, parse_mapping
from producers.extract.reading import open_extract
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem

TODAY = date(2026, 3, 10)
MOVES = "Bail;Logement;INSEE;Sens;Date;Motif;Type;Finan;QPV;Congé;Statut"
LEASES = "Contrat;Lot;INSEE;Entrée;Sortie;Sortie prévue;Motif;Annulé"
PARC = "IDENT_INT;DEPCOM;QPV;NBPIECE;FINAN;MODE;BAIL;REMLOCDATE;DATE_DEP_DERLOCAT;LOCAT"

MOVES_MAPPING = """
[[extract]]
name = "mouvements"
kind = "movements"
[extract.columns]
lease = "Bail"
dwelling = "Logement"
commune = "INSEE"
direction = "Sens"
effective_on = "Date"
reason = "Motif"
nature = "Motif"
rooms = "Type"
financing = "Finan"
qpv_2024 = "QPV"
notice_received_on = "Congé"
status = "Statut"
[extract.codes.direction]
S = "out"
E = "in"
BOX = "ignore"
[extract.codes.reason]
DC = "deces"
MUT = "mutation_interne"
"??" = ""
[extract.codes.nature]
NV = "premiere_location"
GL = "glissement_bail"
[extract.codes.status]
"Prévu" = "announced"
Fait = "effective"
"Annulé" = "cancelled"
"""
LEASES_MAPPING = """
[[extract]]
name = "baux"
kind = "movements"
dates = ["jj/mm/aaaa", "mm/aaaa"]
[extract.columns]
lease = "Contrat"
dwelling = "Lot"
commune = "INSEE"
entry_on = "Entrée"
exit_on = "Sortie"
planned_exit_on = "Sortie prévue"
reason = "Motif"
cancelled = "Annulé"
[extract.codes.reason]
DC = "deces"
"""
PARC_MAPPING = """
[[extract]]
name = "parc"
kind = "dwellings"
dates = ["mm/aaaa", "aaaa"]
[extract.columns]
dwelling = "IDENT_INT"
commune = "DEPCOM"
qpv_flag = "QPV"
rooms = "NBPIECE"
financing = "FINAN"
mode = "MODE"
tenancy_started_on = "BAIL"
vacant_since = "REMLOCDATE"
last_departure_on = "DATE_DEP_DERLOCAT"
first_let_on = "LOCAT"
[extract.codes.financing]
"13" = "PLUS"
[extract.codes.mode]
"1" = "let"
"2" = "vacant"
"3" = "works"
"5" = "ignore"
"""
ALL = MOVES_MAPPING + LEASES_MAPPING + PARC_MAPPING


def mapping(text: str = ALL) -> Mapping:
    """Return a mapping from its text."""
    return parse_mapping(text, Path("mapping.toml"))


def written(folder: Path, content: bytes | str, name: str = "extrait.csv", encoding: str = "utf-8") -> Path:
    """Write a file as it is."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def csv_file(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "extrait.csv") -> Path:
    """Write lines with the ends of Windows."""
    return written(folder, "".join(f"{line}\r\n" for line in lines), name, encoding)


def workbook(folder: Path, *rows: Sequence[Any], name: str = "extrait.xlsx") -> Path:
    """Write a workbook of one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    book.save(folder / name)
    return folder / name


def read(
    path: Path, text: str = ALL, today: date = TODAY
) -> tuple[list[MoveRecord | DwellingRecord], list[RowProblem]]:
    """Return the records and the problems of a file."""
    extract = open_extract(path, mapping(text), today)
    records: list[MoveRecord | DwellingRecord] = []
    problems = list(extract.problems)
    for row in extract.rows():
        records += row.records
        problems += row.problems
    return records, problems


def codes(problems: list[RowProblem]) -> list[str]:
    """Return the codes of problems, in order."""
    return [one.code for one in problems]


def day(text: str) -> datetime:
    """Return a workbook's date."""
    return datetime.fromisoformat(text)
