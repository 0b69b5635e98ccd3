"""An exported folder, checked before it is uploaded: empreintes, columns, types, codes, secrets; the files agree.

It needs nothing that an operator's machine has not: Frictionless is for the tests.
"""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from consumers.errors import ConsumerError
from consumers.opendata.folder import PACKAGE, SUMS, vintage_of
from consumers.opendata.tables import TABLES, TELLING, Column, Table
from consumers.opendata.writing import weigh

MOST_TOLD = 20
_ONE_VALUE: dict[str, Callable[[str], Any]] = {
    "string": str,
    "date": date.fromisoformat,
    "integer": int,
    "number": float,
}


def check(folder: Path) -> list[str]:
    """Return what is wrong with an exported folder, in French, at most `MOST_TOLD` things a table; empty if nothing.

    Raises ConsumerError for what is no export.
    """
    found = vintage_of(folder)
    if found is None:
        raise ConsumerError(f"{folder} n'est pas un export : il n'y a pas de {PACKAGE} lisible.")
    wrong = [*_sums(folder), *_package(folder)]
    for table in TABLES:
        wrong += islice(_table(folder, table, found), MOST_TOLD)
    return wrong


def _sums(folder: Path) -> Iterator[str]:
    """Yield what is not as `SHA256SUMS` says: changed, missing, or not named there."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        yield f"{SUMS} ne peut pas être lu."
        return
    told = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    there = {path.name for path in folder.iterdir()} - {SUMS}
    for name in sorted(told.keys() | there):
        if name not in there:
            yield f"{name} manque."
        elif name not in told:
            yield f"{name} n'est pas nommé dans {SUMS}."
        elif weigh(folder / name).sha256 != told[name]:
            yield f"{name} a changé depuis l'export : refaites-le."


def _package(folder: Path) -> Iterator[str]:
    """Yield what the descriptor says otherwise than the files."""
    try:
        resources = json.loads((folder / PACKAGE).read_text(encoding="utf-8"))["resources"]
        told = {one["path"]: (one["bytes"], one["hash"]) for one in resources}
    except (ValueError, KeyError, TypeError):
        yield f"{PACKAGE} ne décrit pas ses fichiers."
        return
    for table in TABLES:
        for name in (f"{table.name}.csv", f"{table.name}.parquet"):
            if name not in told:
                yield f"{PACKAGE} ne nomme pas {name}."
            elif (folder / name).exists():
                file = weigh(folder / name)
                if told[name] != (file.size, f"sha256:{file.sha256}"):
                    yield f"{PACKAGE} dit une autre taille ou une autre empreinte de {name}."


def _table(folder: Path, table: Table, vintage: str) -> Iterator[str]:
    """Yield what is wrong in a table's two files, row by row."""
    csv_file, parquet_file = folder / f"{table.name}.csv", folder / f"{table.name}.parquet"
    try:
        parquet = pq.ParquetFile(parquet_file)
        if not parquet.schema_arrow.equals(table.arrow):
            yield f"{parquet_file.name} n'a pas les colonnes ou les types attendus."
            return
        with csv_file.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if next(reader, []) != table.header:
                yield f"{csv_file.name} n'a pas l'en-tête attendu : {', '.join(table.header)}."
                return
            yield from _rows(reader, parquet, table, vintage)
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        yield f"{table.name} ne peut pas être lu ({type(error).__name__})."


def _rows(reader: Iterator[list[str]], parquet: Any, table: Table, vintage: str) -> Iterator[str]:
    before: tuple[Any, ...] = ()
    places = [table.header.index(name) for name in table.key]
    # The last part of the key, a measure or an indicator, follows the registry's order.
    rank = {code: number for number, code in enumerate(table.columns[places[-1]].codes)}
    typed = (row for batch in parquet.iter_batches() for row in zip(*batch.to_pydict().values(), strict=True))
    for number, (texts, other) in enumerate(zip_longest(reader, typed), 2):
        where = f"{table.name}.csv, ligne {number}"
        if texts is None or other is None:
            yield f"{where} : le CSV et le Parquet n'ont pas le même nombre de lignes."
            return
        row, wrong = _typed(texts, table)
        if wrong:
            yield f"{where} : {wrong}."
            continue
        if tuple(row) != other:
            yield f"{where} : le Parquet dit autre chose."
        key = (*(row[place] for place in places[:-1]), rank[row[places[-1]]])
        if before and key <= before:
            yield f"{where} : cette ligne est répétée, ou n'est pas à sa place."
        before = key
        yield from (f"{where} : {one}" for one in _meaning(dict(zip(table.header, row, strict=True)), vintage))


def _typed(texts: list[str], table: Table) -> tuple[list[Any], str]:
    """Return a row's values and, if one is not what its column holds, what is wrong."""
    if len(texts) != len(table.columns):
        return [], f"{len(texts)} colonnes au lieu de {len(table.columns)}"
    row = []
    for text, column in zip(texts, table.columns, strict=True):
        value, wrong = _one(text, column)
        if wrong:
            return [], wrong
        row.append(value)
    return row, ""


def _one(text: str, column: Column) -> tuple[Any, str]:
    try:
        value = _ONE_VALUE[column.kind](text) if text else None
    except ValueError:
        return None, f"« {column.name} » n'est pas du type attendu"
    return value, "" if column.accepts(value) else f"« {column.name} » a une valeur qui n'y a pas sa place"


def _meaning(row: dict[str, Any], vintage: str) -> Iterator[str]:
    """Yield what a row says that it must not: above all, a value where none is told."""
    if (row["valeur"] is not None) != (row["statut"] in TELLING):
        yield "la valeur ne va pas avec le statut."
    if row["statut"] not in TELLING and any(row.get(name) is not None for name in ("borne_basse", "borne_haute")):
        yield "un intervalle sans valeur."
    if f"{row['millesime']:%Y-%m}" != vintage:
        yield "un autre millésime que celui du dossier."
