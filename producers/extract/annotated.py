"""A copy of the file, in the same format, with two more columns: what the check found in each row, and the remedy.

Invariant: the cells of a row are copied as they are, and are no more open to others than the file's own. Blank lines
and lines of title are not copied.
"""

import csv
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from producers.extract.problems import ExtractError
from producers.extract.records import RowProblem
from producers.extract.tables import Row, Table

COLUMNS = ("contrôle", "remède")
_SEVERITY_FR = {"error": "ERREUR", "warning": "ATTENTION"}


class Annotated(Protocol):
    """Writes rows with their problems."""

    def write(self, row: Row, problems: Sequence[RowProblem]) -> None:
        """Copy one row."""
        ...


def notes(problems: Sequence[RowProblem]) -> tuple[str, str]:
    """Return what stands in the two columns for a row's problems."""
    said = [
        f"{_SEVERITY_FR[one.severity]}{f' ({one.column})' if one.column else ''} : {one.message_fr}" for one in problems
    ]
    return " | ".join(said), " | ".join(dict.fromkeys(one.remedy_fr for one in problems))


@contextmanager
def annotated_copy(table: Table, out: Path) -> Iterator[Annotated]:
    """Write the annotated copy of a table to `out`, which is complete when the block ends.

    Raises ExtractError if `out` is the file itself, has the wrong suffix, or cannot be written.
    """
    wanted = ".csv" if table.workbook is None else ".xlsx"
    if table.workbook is not None and out.suffix.lower() != wanted:
        raise ExtractError(f"{out.name} : la copie annotée d'un classeur est un classeur. Donner un nom en {wanted}.")
    if out.exists() and out.samefile(table.path):
        raise ExtractError(f"{out} est le fichier lui-même. Donner un autre nom à la copie annotée.")
    try:
        # It holds what the file holds: nobody else may read it, before as after the first row is in it.
        out.touch()
        out.chmod(stat.S_IMODE(table.path.stat().st_mode) | stat.S_IRUSR | stat.S_IWUSR)
        if table.workbook is None:
            with out.open("w", encoding=table.encoding, errors="replace", newline="") as handle:
                yield _Csv(table, handle)
        else:
            book = openpyxl.Workbook(write_only=True)
            yield _Xlsx(table, book)
            book.save(out)
    except OSError as error:
        raise ExtractError(
            f"{out} ne peut pas être écrit ({error.strerror or error}). Le fermer s'il est ouvert, vérifier le dossier."
        ) from None


class _Csv:
    def __init__(self, table: Table, handle: Any) -> None:
        self._writer = csv.writer(handle, delimiter=table.delimiter, lineterminator="\r\n")
        self._width = len(table.header)
        self._writer.writerow([*table.header, *COLUMNS])

    def write(self, row: Row, problems: Sequence[RowProblem]) -> None:
        """Copy one row."""
        self._writer.writerow([*_padded(row.raw, self._width, ""), *notes(problems)])


class _Xlsx:
    def __init__(self, table: Table, book: openpyxl.Workbook) -> None:
        self._sheet: Any = book.create_sheet("contrôle")
        self._width = len(table.header)
        self._sheet.append([*table.header, *COLUMNS])

    def write(self, row: Row, problems: Sequence[RowProblem]) -> None:
        """Copy one row."""
        cells = [*_padded(row.raw, self._width, None), *notes(problems)]
        self._sheet.append([ILLEGAL_CHARACTERS_RE.sub("", one) if isinstance(one, str) else one for one in cells])


def _padded(raw: Sequence[Any], width: int, filler: Any) -> list[Any]:
    return [*raw, *[filler] * (width - len(raw))]
