"""Open a landlord's extract and read it, twice or more, as moves or dwellings with what is wrong of each row.

Invariant: each pass over an `Extract` yields the same, in the order of the file's lines. Memory does not grow
with the file, but for some 40 bytes a move (`survey.py`).
"""

import gc
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from producers.extract.dwellings import DwellingReader
from producers.extract.fields import ExtractKind
from producers.extract.mapping import ExtractMapping, Mapping, MappingError
from producers.extract.moves import MoveReader
from producers.extract.problems import ExtractError
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem
from producers.extract.rows import chunks_of
from producers.extract.survey import Survey, Verdict, survey_dwellings, survey_moves
from producers.extract.tables import Row, Table, first_table, open_table
from schemas.territories import load


class RowReading(NamedTuple):
    """One row of the file, the records it gives and its problems."""

    row: Row
    records: list[MoveRecord] | list[DwellingRecord]
    problems: list[RowProblem]


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from looking for cycles while rows pass: they make none, and it costs a seventh of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass
class Extract:
    """A file with the mapping that fits it; `survey` is made by the first pass that needs it."""

    table: Table
    mapping: ExtractMapping
    reader: MoveReader | DwellingReader
    watch: Callable[[int], None] = lambda _: None  # told how far each pass is, in the unit of `table.size`
    _survey: Survey | None = field(default=None, repr=False)

    @property
    def kind(self) -> ExtractKind:
        """Movements or dwellings."""
        return self.mapping.kind

    @property
    def problems(self) -> list[RowProblem]:
        """What concerns the whole file."""
        return self.table.problems

    def rows(self) -> Iterator[RowReading]:
        """Yield every row that is not blank, in order, with its records and problems."""
        survey = self.survey()
        judged = {line for line, _ in survey.verdicts}
        for reading in self._bare(whole=True):
            if reading.row.line not in judged:
                yield reading
                continue
            row, records, problems = reading
            verdicts = [
                (one, verdict) for one in records if (verdict := survey.of(one.line, getattr(one, "direction", "")))
            ]
            dropped = {id(one) for one, verdict in verdicts if verdict.dropped}
            said = {verdict.code: self._problem(row, one, verdict) for one, verdict in verdicts}
            kept = [one for one in records if id(one) not in dropped]
            yield RowReading(row, kept, [*problems, *said.values()])  # type: ignore[arg-type]

    def survey(self) -> Survey:
        """Return what only the whole file can tell, reading it once."""
        if self._survey is None:
            cells = self.reader.read_cells
            read = ((cells(row.cells), records) for row, records, _ in self._bare(whole=False))
            judge = survey_moves if self.kind == "movements" else survey_dwellings
            self._survey = judge(read)  # type: ignore[arg-type]
        return self._survey

    def _bare(self, *, whole: bool) -> Iterator[RowReading]:
        """Yield the rows as they stand, each by itself."""
        read = partial(self.reader.read, whole=whole)
        with _no_search_for_cycles():
            for chunk in chunks_of(self.table.rows()):
                if whole:
                    self.reader.prepare(chunk)
                self.watch(self.table.read)
                for row in chunk:
                    records, problems = read(row)
                    yield RowReading(row, records, problems)

    def _problem(self, row: Row, record: MoveRecord | DwellingRecord, verdict: Verdict) -> RowProblem:
        if isinstance(record, MoveRecord):
            movement = "un départ" if record.direction == "out" else "une entrée"
            column = "dwelling" if verdict.code in ("arrival_without_departure", "long_void") else "lease"
        else:
            movement, column = "", "dwelling"
        if verdict.code == "same_row_twice":
            column = ""
        return self.reader.problem(
            verdict.code, row.line, column, other=verdict.other, since=verdict.since, movement=movement
        )


def known_communes() -> Container[str]:
    """Return the codes of the communes of the région, those given up since too: locating follows them."""
    territories = load()
    return territories.communes.keys() | territories.successions.keys()


def open_extract(path: Path, mapping: Mapping, today: date, communes: Container[str] | None = None) -> Extract:
    """Open a file with the extract of the mapping whose columns it has.

    `communes` are the commune codes to accept (default: those of the région, former ones too). Raises ExtractError
    or MappingError.
    """
    table, chosen = _fitting(path, mapping)
    accepted = known_communes() if communes is None else communes
    made = MoveReader if chosen.kind == "movements" else DwellingReader
    return Extract(table, chosen, made(table, chosen, today, accepted))


def _fitting(path: Path, mapping: Mapping) -> tuple[Table, ExtractMapping]:
    """Return the table and its mapping; of a workbook, the sheet that an extract of the mapping names."""
    table = first_table(path)
    if table.workbook is not None:
        for one in mapping.extracts:
            if one.sheet and one.sheet in table.workbook.sheets:
                with suppress(ExtractError):
                    named = open_table(path, one.sheet)
                    if not one.absent(named.header):
                        return named, one
    return table, mapping.choose(table.header, path.name)


def read_moves(
    path: Path, mapping: Mapping, today: date, communes: Container[str] | None = None
) -> Iterator[MoveRecord | RowProblem]:
    """Yield the moves of a movements file and the problems of its rows, in the order of its lines.

    Raises ExtractError or MappingError if the file or the mapping cannot be used, or is of another kind.
    """
    yield from _read(open_extract(path, mapping, today, communes), "movements")  # type: ignore[misc]


def read_dwellings(
    path: Path, mapping: Mapping, today: date, communes: Container[str] | None = None
) -> Iterator[DwellingRecord | RowProblem]:
    """Yield the dwellings of a state extract and the problems of its rows; raises as `read_moves` does."""
    yield from _read(open_extract(path, mapping, today, communes), "dwellings")  # type: ignore[misc]


_KIND_FR = {"movements": "un fichier de mouvements", "dwellings": "un état du parc"}


def _read(extract: Extract, wanted: ExtractKind) -> Iterator[MoveRecord | DwellingRecord | RowProblem]:
    if extract.kind != wanted:
        raise MappingError(
            f"{extract.table.path.name} est {_KIND_FR[extract.kind]} d'après mapping.toml "
            f"(extrait « {extract.mapping.name} ») ; il faut {_KIND_FR[wanted]}."
        )
    yield from extract.problems
    for one in extract.rows():
        yield from one.problems
        yield from one.records
