"""The CSV files of a territory folder as rows that remember their file and line.

A row's fields stay text here: what they must look like is decided in `checks.py`.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEPARATOR = ";"

_QPV = ("code", "name", "departement", "communes", "longitude", "latitude", "centroid_source")
_RPLS = ("dwellings_rpls_2022", "vacancy_rpls_2022", "rotation_rpls_2022")
RPLS_COLUMNS = {2015: _RPLS, 2024: tuple(f"{column}_old_perimeter" for column in _RPLS)}
QPV_FILES = {2015: "qpv_2015.csv", 2024: "qpv_2024.csv"}
COLUMNS: dict[str, tuple[str, ...]] = {
    "regions.csv": ("code", "name"),
    "departements.csv": ("code", "name", "region"),
    "epci.csv": ("code", "name", "nature"),
    "communes.csv": ("code", "name", "epci", "departement", "region", "population"),
    "commune_successions.csv": ("code", "name", "successor", "since"),
    "qpv_2015.csv": (*_QPV, *RPLS_COLUMNS[2015]),
    "qpv_2024.csv": (*_QPV, "statut", "epci", "qpv_2015", *RPLS_COLUMNS[2024]),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a table, where, and what to do; `line` counts from 1, the header being line 1."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, column {self.column}: {self.what}"


class TerritoryError(ValueError):
    """The tables contradict themselves; `problems` lists every contradiction found, in file order."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    file: str
    line: int
    values: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def codes(self, column: str) -> tuple[str, ...]:
        """Return the codes of a field that may hold several, separated by `;`."""
        return tuple(code for code in self.values[column].split(SEPARATOR) if code)

    def problem(self, column: str, what: str) -> Problem:
        """Return a problem that points at this row's `column`."""
        return Problem(self.file, self.line, column, what)


Tables = dict[str, list[Row]]


def read_tables(folder: Path) -> Tables:
    """Read every table of `folder`.

    Raises TerritoryError for a missing or non-UTF-8 file, a missing column or a ragged line.
    """
    problems: list[Problem] = []
    tables: Tables = {}
    for file, columns in COLUMNS.items():
        path = folder / file
        if not path.is_file():
            problems.append(Problem(file, 1, "code", f"file not found in {folder.name}: add it"))
            continue
        try:
            tables[file] = list(_read(path, columns, problems))
        except UnicodeDecodeError:
            problems.append(Problem(file, 1, "code", "not UTF-8: save the file as CSV UTF-8"))
    if problems:
        raise TerritoryError(problems)
    return tables


def _read(path: Path, columns: tuple[str, ...], problems: list[Problem]) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        problems += [Problem(path.name, 1, column, "column missing: add it") for column in missing]
        for fields in () if missing else reader:
            if len(fields) == len(header):
                yield Row(path.name, reader.line_num, dict(zip(header, fields, strict=True)))
            else:
                what = f"{len(fields)} fields instead of {len(header)}: quote names that hold a comma"
                problems.append(Problem(path.name, reader.line_num, header[0], what))
