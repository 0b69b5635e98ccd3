"""Open a landlord's file, CSV or XLSX, as a stream of (line, cells): nothing but one row is held in memory.

Invariant: a row that is yielded has as many cells as the header, or is wrong as a whole (`Row.fault`).
Cells are text, without spaces around; a date of a workbook reads YYYY-MM-DD and a whole number has no decimals.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from producers.extract.encoding import Content, look_at
from producers.extract.problems import ExtractError, problem
from producers.extract.records import RowProblem
from producers.extract.workbook import Workbook, text_of

DELIMITERS = (";", "\t", "|", ",")
_SAMPLE_LINES = 60
_CELL_CHARACTERS = 131_072
"""The longest cell that is believed, as the module `csv` has it: longer, a quote was never closed."""
_NAMES_OF_DELIMITERS = "point-virgule, virgule, tabulation ou barre verticale"
# a title has a few words in its first cells; a header names nearly every column
_LEAST_FILLED = 0.6


class Row(NamedTuple):
    """One row: its line in the file, its cells as text, as they were, and what is wrong with it as a whole."""

    line: int
    cells: list[str]
    raw: Sequence[Any]
    fault: RowProblem | None = None


@dataclass
class Table:
    """An open file: iterate over `rows()` as often as needed.

    `header` are the names of the columns, `header_line` the line they stand on; `problems` concern the whole file.
    `encoding` and `delimiter` are empty for a workbook.
    """

    path: Path
    encoding: str
    delimiter: str
    header: list[str]
    header_line: int
    duplicated: frozenset[str]
    problems: list[RowProblem] = field(default_factory=list)
    has_nul: bool = False
    padded_width: int = 0  # cells of a line where every line ends with separators too many
    workbook: Workbook | None = None
    read: int = 0  # how far `rows()` is, in the unit of `size`

    @property
    def size(self) -> int:
        """How much there is to read: bytes of a CSV file, rows of a workbook (0: not known)."""
        return self.path.stat().st_size if self.workbook is None else self.workbook.rows

    def rows(self) -> Iterator[Row]:
        """Yield the rows under the header; blank ones are left out.

        Raises ExtractError where the file cannot be read any further.
        """
        lines = self._workbook_rows() if self.workbook is not None else self._text_rows()
        width = len(self.header)
        for line, cells, raw in lines:
            if len(cells) == width:
                nul = self.has_nul and any("\x00" in cell for cell in cells)
                yield Row(line, cells, raw, problem("nul_byte", line) if nul else None)
            elif (
                len(cells) > width
                and not any(cells[width:])
                and (self.workbook is not None or len(cells) == self.padded_width)
            ):
                yield Row(line, cells[:width], raw)
            else:
                fault = problem("ragged_row", line, found=len(cells), expected=width)
                yield Row(line, (cells + [""] * width)[:width], raw, fault)

    def _text_rows(self) -> Iterator[tuple[int, list[str], list[str]]]:
        with _opened(self.path, self.encoding) as handle:
            for number, (line, cells) in enumerate(_csv_rows(self.path, handle, self.delimiter)):
                if line <= self.header_line:
                    continue
                if number % 1024 == 0:
                    self.read = _position(handle)
                stripped = list(map(str.strip, cells))
                if any(stripped):
                    yield line, stripped, cells
        self.read = self.size

    def _workbook_rows(self) -> Iterator[tuple[int, list[str], Sequence[Any]]]:
        assert self.workbook is not None  # noqa: S101
        width = len(self.header)
        for line, values in self.workbook.values():
            if line <= self.header_line:
                continue
            self.read = line
            cells = [text_of(value) for value in values]
            if any(cells):
                yield line, cells + [""] * (width - len(cells)), values
        self.read = self.size


def getter_of(indices: Sequence[int]) -> Callable[[list[str]], tuple[str, ...]]:
    """Return what takes some cells of a row, always as a tuple."""
    chosen = tuple(indices)
    if len(chosen) > 1:
        return itemgetter(*chosen)
    return lambda cells: tuple([cells[index] for index in chosen])


def open_table(path: Path, sheet: str = "") -> Table:
    """Open a file; `sheet` names a workbook's sheet (empty: its first one that is not empty).

    Raises ExtractError, which says what the file is instead of a table with a header.
    """
    content = look_at(path)
    if content.encoding:
        return _open_text(path, content)
    workbook = Workbook(path, sheet)
    sample = []
    for line, values in workbook.values():
        sample.append((line, [text_of(value) for value in values]))
        if len(sample) == _SAMPLE_LINES:
            break
    return _made(path, sample, Content(""), "", workbook)


def first_table(path: Path) -> Table:
    """Open a file; of a workbook, the first visible sheet that has a header: others may be a cover.

    Raises ExtractError if there is none.
    """
    try:
        return open_table(path)
    except ExtractError as error:
        if look_at(path).encoding:
            raise
        for name in Workbook(path).other_tables:
            with suppress(ExtractError):
                return open_table(path, name)
        raise error from None


def _open_text(path: Path, content: Content) -> Table:
    with _opened(path, content.encoding) as handle:
        lines = [line for _, line in zip(range(_SAMPLE_LINES), _limited(path, handle), strict=False)]
    delimiter = _delimiter_of(path, lines)
    rows = [
        (line, [cell.strip() for cell in cells])
        for line, cells in _csv_rows(path, io.StringIO("".join(lines), newline=""), delimiter)
    ]
    return _made(path, rows, content, delimiter, None)


def _limited(path: Path, handle: TextIO) -> Iterator[str]:
    """Yield the lines; one of a megabyte has no line ends at all."""
    while line := handle.readline(1 << 20):
        if len(line) == 1 << 20:
            raise ExtractError(f"{path.name} n'a pas de fins de ligne. Refaire l'export.")
        yield line


def _opened(path: Path, encoding: str) -> TextIO:
    return path.open(encoding=encoding, newline="")


def _position(handle: TextIO) -> int:
    """Return how many bytes were taken from the file: `handle.tell()` is refused while its lines are iterated over."""
    raw: Any = handle
    return int(raw.buffer.raw.tell())


def _csv_rows(path: Path, handle: TextIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (first line of the row, cells)."""
    # Said here: other libraries lift the limit of the whole process.
    csv.field_size_limit(_CELL_CHARACTERS)
    reader = csv.reader(handle, delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise ExtractError(
            f"{path.name}, ligne {line} : un guillemet est ouvert et jamais refermé. Corriger la ligne, ou refaire "
            "l'export avec le texte entre guillemets."
        ) from None


def _delimiter_of(path: Path, lines: list[str]) -> str:
    """Return the delimiter that cuts most lines into the same number of cells, at least two."""
    for number, line in enumerate(lines, 1):
        if len(line) > _CELL_CHARACTERS:
            raise ExtractError(
                f"{path.name}, ligne {number} : elle a {len(line)} signes, ce n'est pas une ligne de tableau. "
                "L'effacer, ou refaire l'export."
            )
    if not "".join(lines).strip("".join(DELIMITERS) + '" \r\n'):
        raise ExtractError(f"{path.name} est vide. Refaire l'export.")
    best, score = "", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = Counter(len(cells) for cells in csv.reader(iter(lines), delimiter=delimiter) if any(cells))
        except csv.Error:
            continue
        wide = {width: count for width, count in widths.items() if width > 1}
        if wide:
            width, count = max(wide.items(), key=lambda found: (found[1], found[0]))
            if (count, width) > score:
                best, score = delimiter, (count, width)
    if not best:
        raise ExtractError(
            f"{path.name} n'a qu'une colonne : aucun séparateur reconnu ({_NAMES_OF_DELIMITERS}). Exporter en CSV "
            "avec le point-virgule, ou en XLSX."
        )
    return best


def _made(
    path: Path, sample: list[tuple[int, list[str]]], content: Content, delimiter: str, workbook: Workbook | None
) -> Table:
    filled = [(line, _without_tail(cells)) for line, cells in sample if any(cells)]
    if not filled:
        raise ExtractError(f"{path.name} est vide. Refaire l'export.")
    header_line, cells = _header_of(path, filled)
    problems = []
    if header_line != filled[0][0]:
        problems.append(problem("title_lines", filled[0][0], header=header_line))
    if workbook is not None and (others := workbook.other_tables):
        names = ", ".join(f"« {name} »" for name in others)
        problems.append(problem("other_sheets", header_line, sheet=workbook.sheet, others=names))
    counted = Counter(cells)
    header = [name or f"colonne {number}" for number, name in enumerate(cells, 1)]
    return Table(
        path,
        content.encoding,
        delimiter,
        header,
        header_line,
        frozenset(name for name, count in counted.items() if name and count > 1),
        problems,
        content.has_nul,
        _padded_width(sample, header_line),
        workbook,
    )


def _padded_width(sample: list[tuple[int, list[str]]], header_line: int) -> int:
    """Return how wide the lines are, tail included: the header's own width, unless most rows have another one."""
    widths = Counter(len(cells) for line, cells in sample if line > header_line and any(cells))
    usual, count = widths.most_common(1)[0] if widths else (0, 0)
    return usual if count >= 5 else next(len(cells) for line, cells in sample if line == header_line)


def _without_tail(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _header_of(path: Path, rows: list[tuple[int, list[str]]]) -> tuple[int, list[str]]:
    """Return the first row as wide as the table that names its columns: (line, names)."""
    width = max(len(cells) for _, cells in rows)
    if width < 2:
        raise ExtractError(f"{path.name} n'a qu'une colonne. Il en faut plusieurs, avec un en-tête.")
    for line, cells in rows:
        named = sum(1 for cell in cells if cell)
        if named >= max(2, _LEAST_FILLED * width):
            if any(_is_data(cell) for cell in cells):
                raise ExtractError(
                    f"{path.name}, ligne {line} : pas d'en-tête, la première ligne du tableau contient des données. "
                    "Ajouter une ligne avec le nom de chaque colonne."
                )
            return line, cells
    raise ExtractError(f"{path.name} : pas d'en-tête reconnu. Ajouter une ligne avec le nom de chaque colonne.")


def _is_data(cell: str) -> bool:
    """A header names: it holds no number, date or amount."""
    return any(one.isdigit() for one in cell) and not any(one.isalpha() for one in cell)
