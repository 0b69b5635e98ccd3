"""Cells into values: the part of reading that moves and dwellings share.

Invariant: what a row says depends on its own cells, the mapping and the day alone. Every combination of
cells is worked out once and remembered (bounded), which is what makes a million rows quick.
"""

import re
from collections.abc import Container
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from producers.extract.dates import Dates, Day
from producers.extract.fields import FIELDS, IGNORE, UNSAID, targets_of
from producers.extract.mapping import ExtractMapping, MappingError
from producers.extract.personal import identifies, looks_personal_text, quotable
from producers.extract.places import Places
from producers.extract.problems import problem
from producers.extract.records import RowProblem
from producers.extract.tables import Row, Table, getter_of
from producers.extract.vocabulary import PLAIN_CODES, flag_of, folded

EARLIEST = date(1900, 1, 1)
_REMEMBERED = 20_000
_SEPARATOR = "/"
_TOTAL = re.compile(
    r"(?:sous[ -])?(?:total|totaux)\b|nombre (?:de|total)\b|nb (?:de )?lignes?\b|fin de (?:fichier|liste)\b",
    re.IGNORECASE,
)
_SCIENTIFIC = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")
# losing one of these would lose the meaning of the move; the others only describe it
_DECISIVE = frozenset({"direction", "status", "reason", "nature", "mode", "cancel_reason"})
_LEAVING, _COMING = frozenset({"reason", "destination"}), frozenset({"nature", "origin"})


def is_total(row: Row) -> bool:
    """Return whether a row sums up those above it."""
    first = row.cells[0] or next((cell for cell in row.cells if cell), "")
    return bool(_TOTAL.match(first)) and sum(1 for cell in row.cells if cell) < len(row.cells)


class Description(NamedTuple):
    """The codes of a row, by field, and the problems of these cells, which bear the line 0.

    A field with nothing in its cell is absent; a decisive code that is not known reads as empty. `leaving` and
    `coming` are the problems of what only a departure, or only an arrival, says: one column may serve both.
    """

    values: dict[str, Any]
    problems: list[RowProblem]
    leaving: list[RowProblem]
    coming: list[RowProblem]


class RowReader:
    """Reads the cells of one table by its mapping. Raises MappingError if the mapping does not fit the table."""

    def __init__(self, table: Table, mapping: ExtractMapping, today: date, communes: Container[str]) -> None:
        """`communes` are the codes that exist, or once did: locating follows them to today's."""
        self.mapping, self.today, self.header = mapping, today, table.header
        self.fields = FIELDS[mapping.kind]
        self.index = {name: tuple(self._position(table, one) for one in names) for name, names in _columns(mapping)}
        self._first = {name: indices[0] for name, indices in self.index.items()}
        self.dates = Dates(mapping.dates, today.year, mapping.empty)
        self.places = Places(mapping, self.index, table.header, communes)
        self._keep = [(self._position(table, name), values) for name, values in mapping.keep.items()]
        self._coded = [name for name in self.index if self.fields[name].kind in ("code", "flag") and name != "qpv_flag"]
        self._coded_cells = getter_of([self.index[name][0] for name in self._coded])
        self._described: dict[tuple[str, ...], Description] = {}
        used = sorted({index for indices in self.index.values() for index in indices})
        self.read_cells = getter_of(used)

    def _position(self, table: Table, name: str) -> int:
        wanted = folded(name)
        found = [index for index, header in enumerate(table.header) if header == name] or [
            index for index, header in enumerate(table.header) if folded(header) == wanted
        ]
        if len(found) > 1:
            raise MappingError(
                f"{table.path.name} a {len(found)} colonnes « {name} ». Renommer l'une d'elles dans l'export."
            )
        return found[0]

    def column(self, field: str) -> str:
        """Return the header of a field's first column, empty if it has none."""
        return self.header[self.index[field][0]] if field in self.index else ""

    def problem(self, code: str, line: int, field: str = "", value: str = "", /, **facts: object) -> RowProblem:
        """Return a problem of a field's cell, its value hidden where it looks personal."""
        column = self.column(field)
        kind = self.fields[field].kind if field else "code"
        return problem(code, line, column, quotable(column, value, kind), **facts)

    def set_aside(self, row: Row) -> list[RowProblem] | None:
        """Return why a row is not read at all (no problem: it is none of ours), None if it is to be read."""
        if is_total(row):
            return [problem("total_row", row.line)]
        if row.fault is not None:
            return [row.fault]
        if row.cells == self.header:
            return [problem("header_again", row.line)]
        for index, values in self._keep:
            if row.cells[index].casefold() not in values:
                return []
        return None

    def identifier(self, field: str, row: Row, problems: list[RowProblem]) -> str:
        """Return the natural identifier in a field, several columns joined; empty, and a problem, if it has none."""
        indices = self.index[field]
        if len(indices) == 1:
            text = row.cells[indices[0]]
        else:
            parts = [row.cells[index] for index in indices]
            text = _SEPARATOR.join(parts) if any(parts) else ""
        if not text or text in self.mapping.empty:
            problems.append(self.problem(f"missing_{field}", row.line, field))
            return ""
        if "\x1f" in text or ("+" in text and _SCIENTIFIC.fullmatch(text)):
            problems.append(self.problem("bad_identifier", row.line, field, text))
            return ""
        if (len(text) >= 15 or "@" in text) and (what := identifies(text)):
            problems.append(self.problem("personal_value", row.line, field, text, what=what))
            return ""
        return text

    def day(self, field: str, row: Row, problems: list[RowProblem], *, decisive: bool = True) -> Day | None:
        """Return the date in a field; None if it is empty or, with a problem, wrong.

        A date that is not `decisive` costs a warning only.
        """
        at = self._first.get(field)
        if at is None or not (text := row.cells[at]):
            return None
        found = self.dates.read(text)
        if found is None:
            return None
        if isinstance(found, Day) and found.day >= EARLIEST:
            return found
        code = found if isinstance(found, str) else "date_too_old"
        formats = ", ".join(self.mapping.dates)
        label = self.fields[field].label_fr
        code = code if decisive else "doubtful_date"
        problems.append(self.problem(code, row.line, field, text, formats=formats, field=label))
        return None

    def describe(self, row: Row) -> Description:
        """Return what the coded cells of a row say: shared by all rows with the same, so leave it as it is."""
        key = self._coded_cells(row.cells)
        found = self._described.get(key)
        if found is None:
            found = self._describe(dict(zip(self._coded, key, strict=True)))
            if len(self._described) >= _REMEMBERED:
                self._described.clear()
            self._described[key] = found
        return found

    def _describe(self, cells: dict[str, str]) -> Description:
        values: dict[str, Any] = {}
        said = Description(values, [], [], [])
        for name, text in cells.items():
            if self.fields[name].kind == "flag":
                values[name] = self._flag(name, text)
            elif text not in self.mapping.empty:
                code = self._code(name, text)
                if code is None:
                    problems = said.leaving if name in _LEAVING else said.coming if name in _COMING else said.problems
                    problems.append(self._unknown_code(name, text))
                    code = "" if name in _DECISIVE else UNSAID.get(name)
                values[name] = code
        return said

    def _code(self, name: str, text: str) -> str | None:
        table = self.mapping.codes.get(name, {})
        if found := table.get(text.casefold()):
            return found
        codes = self._our_codes(name)
        if found := codes.get(text.casefold()):
            return found
        plain = PLAIN_CODES.get(name)
        return plain(text) if plain and text.casefold() not in table else None

    def _our_codes(self, name: str) -> dict[str, str]:
        return {code.casefold(): code for code in targets_of(self.fields[name]) if code != IGNORE}

    def _unknown_code(self, name: str, text: str) -> RowProblem:
        if what := looks_personal_text(text):
            return self.problem("personal_value", 0, name, text, what=what)
        code = "unknown_code" if name in _DECISIVE else "unknown_optional_code"
        if name == "direction":
            code = "unknown_direction"
        return self.problem(code, 0, name, text, field=self.fields[name].label_fr, key=name)

    def _flag(self, name: str, text: str) -> bool:
        """A flag column holds yes or no, or a date that says yes."""
        if text in self.mapping.empty:
            return False
        table = self.mapping.codes.get(name, {})
        if answer := table.get(text.casefold()):
            return answer == "yes"
        said = flag_of(text)
        return True if said is None else said

    def prepare(self, rows: list[Row]) -> None:
        """Work out together what is quicker so: the coordinates of a chunk of rows."""
        self.places.convert([row.cells for row in rows if row.fault is None])


def _columns(mapping: ExtractMapping) -> list[tuple[str, tuple[str, ...]]]:
    return list(mapping.columns.items())


def chunks_of(rows: Any, size: int = 512) -> Any:
    """Yield lists of at most `size` rows."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk
