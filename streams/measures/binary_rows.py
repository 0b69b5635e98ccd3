"""Rows of the database as arrays, by binary COPY: millions a second, each column of one width and never null."""

from typing import Any, LiteralString

import numpy as np
import psycopg
from numpy.typing import NDArray

INTEGER, SMALL, BIG, FLAG, UUID_HALF = ">i4", ">i2", ">i8", "?", ">u8"
HEADER_BYTES, TRAILER_BYTES = 19, 2
Ints = NDArray[np.int64]
Rows = NDArray[Any]


def layout(*columns: tuple[str, str]) -> np.dtype[Any]:
    """Return the layout of a row: how many columns it has, then each column (name, kind) after its length.

    A UUID is two columns, of which the second is named with a `+` before: it has no length of its own.
    """
    fields = [("columns", ">i2")]
    for name, kind in columns:
        fields += [(name[1:], kind)] if name.startswith("+") else [(f"{name} length", ">i4"), (name, kind)]
    return np.dtype(fields)


def read_rows(cursor: psycopg.Cursor[Any], query: LiteralString, row: np.dtype[Any]) -> Rows:
    """Return what a query selects, as a structured array of the layout `row`."""
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy:
        content = b"".join(copy)
    count, rest = divmod(len(content) - HEADER_BYTES - TRAILER_BYTES, row.itemsize)
    if rest:
        raise ValueError(f"rows of another layout than {row.names}")
    return np.frombuffer(content, row, count, HEADER_BYTES)


def whole(column: Rows) -> Ints:
    """Return a column of integers or flags in the machine's own order, 64 bits wide."""
    return column.astype(np.int64)
