"""A table written as CSV and as Parquet at once, with flat memory, and what the two files weigh.

Invariant: both files hold the same rows in the same order, and the same rows give the same bytes.
"""

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import pyarrow as pa
import pyarrow.parquet as pq

from consumers.opendata.tables import Table

ROW_GROUP = 50_000


class Written(NamedTuple):
    """A file of the folder: its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


class TableWriter:
    """Writes one table's files. Use it as a context manager."""

    def __init__(self, folder: Path, table: Table) -> None:
        self._table = table
        self._file = (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\n")
        self._csv.writerow(table.header)
        self._parquet = pq.ParquetWriter(folder / f"{table.name}.parquet", table.arrow, compression="zstd")
        self._waiting: list[list[Any]] = []
        self.rows = 0

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, and close both files."""
        if error is None:
            self._flush()
        self._parquet.close()
        self._file.close()

    def write(self, rows: Iterable[list[Any]]) -> None:
        """Write rows, one value a column; None is written as nothing."""
        for row in rows:
            self._waiting.append(row)
            if len(self._waiting) == ROW_GROUP:
                self._flush()

    def _flush(self) -> None:
        if not self._waiting:
            return
        self._csv.writerows(self._waiting)
        columns = list(zip(*self._waiting, strict=True))
        arrays = [pa.array(column, field.type) for column, field in zip(columns, self._table.arrow, strict=True)]
        self._parquet.write_table(pa.Table.from_arrays(arrays, schema=self._table.arrow))
        self.rows += len(self._waiting)
        self._waiting = []


def weigh(path: Path) -> Written:
    """Return the size and the hash of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path.name, path.stat().st_size, digest)
