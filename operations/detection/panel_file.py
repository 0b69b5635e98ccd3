"""A panel of counts in a CSV file: `series,period,count[,exposure][,coverage]`, one row a series and period.

Invariant: a file is read whole or refused, with the line and the column of what is wrong; what is missing is marked
missing (NaN), never taken for zero.
"""

import csv
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from operations.detection.choices import Epoch
from operations.detection.period_labels import PeriodError, Periods, Writing, arrange, number_of, writing_of
from streams.detection.verdicts import Bools, Floats, Ints

NEEDED, OPTIONAL = ("series", "period", "count"), ("exposure", "coverage")
MISSING = {"", "NA", "NaN", "nan"}
GREATEST = 1e12
MOST_CELLS = 40_000_000
"""Series times periods, at most: a gigabyte."""


class PanelError(ValueError):
    """The message, in French, says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class PanelFile:
    """What a file holds: arrays (series, periods), NaN where nothing is said; `exposure` and `coverage` None without
    such a column. `given` tells which rows were in the file; `ignored`, the columns that mean nothing here.
    """

    series: list[str]
    periods: Periods
    counts: Floats
    exposure: Floats | None
    coverage: Floats | None
    given: Bools
    ignored: list[str]


@dataclass
class _Columns:
    """The columns of a file as text, and the line of each row."""

    lines: list[int]
    text: dict[str, list[str]]
    ignored: list[str]


def read_panel(path: Path, frequency: int | None = None, epoch: Epoch | None = None) -> PanelFile:
    """Read a panel. Raises PanelError, and OSError where the file cannot be opened."""
    try:
        columns = _columns(path)
    except UnicodeDecodeError as error:
        raise PanelError(f"{path.name} n'est pas en UTF-8 : enregistrez-le en « CSV UTF-8 ».") from error
    except csv.Error as error:
        raise PanelError(f"{path.name} n'est pas un CSV : {error}.") from error
    if not columns.lines:
        raise PanelError(f"{path.name} n'a aucune ligne sous son en-tête.")
    numbers, writing = _numbers(columns)
    try:
        periods = arrange(numbers.tolist(), writing, frequency, epoch)
    except PeriodError as error:
        raise PanelError(f"{path.name} : {error}.") from error
    names = list(dict.fromkeys(columns.text["series"]))
    if len(names) * periods.calendar.periods > MOST_CELLS:
        raise PanelError(
            f"{path.name} va de {periods.label(0)} à {periods.label(periods.calendar.periods - 1)} pour {len(names)} "
            "séries : c'est trop. Une période est sans doute mal écrite ; sinon coupez le fichier."
        )
    return _placed(columns, names, numbers, periods)


def _columns(path: Path) -> _Columns:
    with path.open(encoding="utf-8-sig", newline="") as file:
        start = file.readline()
        file.seek(0)
        rows = csv.reader(file, delimiter=";" if start.count(";") > start.count(",") else ",", strict=True)
        header = [name.strip().lower() for name in next(rows, [])]
        places = _places(path.name, header)
        lines: list[int] = []
        kept: list[list[str]] = []
        for row in rows:
            if not row:
                continue
            if len(row) != len(header):
                raise PanelError(
                    f"ligne {rows.line_num} : {len(row)} valeurs pour {len(header)} colonnes ; il manque ou il y a en "
                    "trop un séparateur."
                )
            lines.append(rows.line_num)
            kept.append(row)
    text = {name: [row[place].strip() for row in kept] for name, place in places.items()}
    return _Columns(lines, text, [name for name in header if name not in (*NEEDED, *OPTIONAL)])


def _places(file: str, header: list[str]) -> dict[str, int]:
    wanted = [*NEEDED, *OPTIONAL]
    absent = [name for name in NEEDED if name not in header]
    if absent:
        raise PanelError(
            f"{file}, ligne 1 : il manque la colonne {', '.join(absent)}. L'en-tête attendu est "
            "series,period,count[,exposure][,coverage]."
        )
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        raise PanelError(f"{file}, ligne 1 : la colonne {twice[0]} est là deux fois ; gardez-en une.")
    return {name: header.index(name) for name in wanted if name in header}


def _numbers(columns: _Columns) -> tuple[Ints, Writing]:
    """Return the number of the period of each row, each label read once."""
    labels = columns.text["period"]
    known: dict[str, int] = {}
    writing: Writing | None = None
    for line, label in zip(columns.lines, labels, strict=True):
        if label in known:
            continue
        try:
            writing = writing or writing_of(label)
            known[label] = number_of(label, writing)
        except PeriodError as error:
            raise PanelError(f"ligne {line}, colonne period : {error}.") from error
    return np.array([known[label] for label in labels], dtype=np.int64), writing or Writing.NUMBERS


def _placed(columns: _Columns, names: list[str], numbers: Ints, periods: Periods) -> PanelFile:
    rank = {name: place for place, name in enumerate(names)}
    row = np.array([rank[name] for name in columns.text["series"]], dtype=np.int64)
    place = {number: periods.position(number) for number in set(numbers.tolist())}
    column = np.array([place[number] for number in numbers.tolist()], dtype=np.int64)
    shape = (len(names), periods.calendar.periods)
    _refuse_doubles(columns, row * shape[1] + column)
    _refuse_nameless(columns)

    def spread(values: Floats) -> Floats:
        grid = np.full(shape, np.nan)
        grid[row, column] = values
        return grid

    given = np.zeros(shape, dtype=bool)
    given[row, column] = True
    read = {name: spread(_values(columns, name)) for name in columns.text if name not in ("series", "period")}
    return PanelFile(
        series=names,
        periods=periods,
        counts=read["count"],
        exposure=read.get("exposure"),
        coverage=read.get("coverage"),
        given=given,
        ignored=columns.ignored,
    )


def _refuse_doubles(columns: _Columns, cell: Ints) -> None:
    order = np.argsort(cell, kind="stable")
    same = np.flatnonzero(cell[order][1:] == cell[order][:-1])
    if len(same):
        again = int(order[same + 1].min())
        first = int(np.flatnonzero(cell == cell[again])[0])
        raise PanelError(
            f"ligne {columns.lines[again]}, colonne period : {columns.text['period'][again]} est déjà donné pour la "
            f"série « {columns.text['series'][again]} » à la ligne {columns.lines[first]}. Additionnez-les ou ôtez-en "
            "une : une ligne par série et par période."
        )


def _refuse_nameless(columns: _Columns) -> None:
    for line, name in zip(columns.lines, columns.text["series"], strict=True):
        if not name:
            raise PanelError(f"ligne {line}, colonne series : la série n'a pas de nom.")


def _values(columns: _Columns, name: str) -> Floats:
    """Return a column as numbers, NaN where it is empty. Raises PanelError with the line of what is none."""
    values = np.array([_number(line, name, text) for line, text in zip(columns.lines, columns.text[name], strict=True)])
    with np.errstate(invalid="ignore"):
        wrong, why = {
            "count": (values != np.round(values), "un compte est un nombre entier"),
            "exposure": (values < 0, "une exposition n'est pas négative"),
            "coverage": ((values < 0) | (values > 1), "la couverture est une part, de 0 à 1 (0.85 pour 85 %)"),
        }[name]
        beyond = np.abs(values) > GREATEST
    bad = np.flatnonzero(np.isfinite(values) & wrong | beyond)
    if len(bad):
        row = int(bad[0])
        raise PanelError(
            f"ligne {columns.lines[row]}, colonne {name} : « {columns.text[name][row]} » n'est pas possible : "
            f"{'ce nombre est hors de toute mesure' if beyond[row] else why}."
        )
    return values


def _number(line: int, name: str, text: str) -> float:
    """Return a number, written with a point or a comma; NaN for what is empty."""
    if text in MISSING:
        return np.nan
    try:
        if "_" in text or "nan" in text.lower():
            raise ValueError(text)
        return float(text.replace(",", "."))
    except ValueError as error:
        raise PanelError(
            f"ligne {line}, colonne {name} : « {text} » n'est pas un nombre ; laissez vide ce qui n'est pas connu."
        ) from error


def without_the_future(panel: PanelFile, today: date) -> tuple[PanelFile, int]:
    """Return the panel without the counts of periods that have not begun, and the position of the first of them."""
    first = min(max(0, panel.periods.first_after(today)), panel.periods.calendar.periods)
    counts = panel.counts.copy()
    counts[:, first:] = np.nan
    return replace(panel, counts=counts), first
