"""Read one sheet of an XLSX workbook, row by row, in flat memory.

Invariant: whatever openpyxl stumbles on becomes an `ExtractError`, never a trace.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import openpyxl

from producers.extract.problems import ExtractError


class Workbook:
    """A sheet of a workbook; `rows` is how many rows it says it has, 0 if it does not say."""

    def __init__(self, path: Path, sheet: str = "") -> None:
        """Choose the sheet named `sheet`, or the first visible one that is not empty; `other_tables` are the rest.

        Raises ExtractError if the file is no workbook or has no such sheet.
        """
        self.path = path
        self._require_workbook()
        self.sheets: list[str] = []
        self.other_tables: list[str] = []
        self.sheet, self.rows = self._chosen(sheet)

    def values(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield (line, values of the cells)."""
        with self._opened() as book:
            yield from enumerate(_reset(book[self.sheet]).iter_rows(values_only=True), 1)

    def _require_workbook(self) -> None:
        try:
            with ZipFile(self.path) as archive:
                names = set(archive.namelist())
        except (BadZipFile, OSError, ValueError):
            raise ExtractError(f"{self.path.name} est un classeur abîmé. L'enregistrer de nouveau.") from None
        if "content.xml" in names:
            raise ExtractError(f"{self.path.name} est un classeur OpenDocument (.ods). L'enregistrer en .xlsx ou CSV.")
        if not any(name.startswith("xl/") for name in names):
            raise ExtractError(
                f"{self.path.name} est une archive zip, non un classeur. La décompresser et donner le fichier voulu."
            )
        if "xl/workbook.bin" in names:
            raise ExtractError(f"{self.path.name} est un classeur binaire (.xlsb). L'enregistrer en .xlsx ou CSV.")

    def _chosen(self, wanted: str) -> tuple[str, int]:
        with self._opened() as book:
            self.sheets = list(book.sheetnames)
            names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
            if wanted:
                if wanted not in book.sheetnames:
                    raise ExtractError(
                        f"{self.path.name} n'a pas de feuille « {wanted} » (il a : {', '.join(book.sheetnames)}). "
                        "Corriger « sheet » dans mapping.toml."
                    )
                if not _rows_of(book[wanted]):
                    raise ExtractError(f"{self.path.name}, feuille « {wanted} » : elle est vide. Refaire l'export.")
                names = [wanted, *(name for name in names if name != wanted)]
            told = {name: book[name].max_row or 0 for name in names}
            filled = [name for name in names if _rows_of(book[name])]
            if filled:
                chosen = wanted or filled[0]
                self.other_tables = [name for name in filled if name != chosen and _rows_of(book[name], 2) > 1]
                return chosen, told[chosen]
        raise ExtractError(f"{self.path.name} est vide. Refaire l'export.")

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        book = None
        try:
            book = openpyxl.load_workbook(self.path, read_only=True, data_only=True)
            yield book
        except (ExtractError, GeneratorExit):
            raise
        except Exception as error:
            # openpyxl lets pass whatever the XML reader, the zip reader or its own descriptors raise
            raise ExtractError(
                f"{self.path.name} est un classeur abîmé ({type(error).__name__}). L'enregistrer de nouveau en .xlsx."
            ) from None
        finally:
            if book is not None:
                book.close()


def _rows_of(sheet: Any, cells: int = 1) -> int:
    """Return how many of a sheet's first rows have so many cells filled: a cover has one in a row."""
    rows = _reset(sheet).iter_rows(values_only=True, max_row=60)
    return sum(1 for row in rows if sum(value is not None for value in row) >= cells)


def _reset(sheet: Any) -> Any:
    """Some software writes a wrong size of the sheet: openpyxl would then stop too early."""
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()
    return sheet


def text_of(value: Any) -> str:
    """Return a cell's value as text: a date as YYYY-MM-DD, a whole number without decimals."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, time) else str(value)
