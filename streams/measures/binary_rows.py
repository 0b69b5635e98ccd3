"""Rows of the database as arrays, by binary COPY: millions a second, each column of one width and never null."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, LiteralString

import numpy as np
import psycopg
from numpy.typing import NDArray

INTEGER, SMALL, REAL, FLAG, UUID_HALF = ">i4", ">i2", ">f4", "?", ">u8"
HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
Ints = NDArray[np.int64]
Rows = NDArray[Any]


def layout(*columns: tuple[str, str | np.dtype[Any]]) -> np.dtype[Any]:
    """Return the layout of a row: how many columns it has, then each column (name, kind) after its length.

    A UUID is two columns, of which the second is named with a `+` before: it has no length of its own. A text has the
    kind `S` and its length: all of a column are of one length.
    """
    fields: list[tuple[str, str | np.dtype[Any]]] = [("columns", ">i2")]
    for name, kind in columns:
        fields += [(name[1:], kind)] if name.startswith("+") else [(f"{name} length", ">i4"), (name, kind)]
    return np.dtype(fields)


def integers(length: int) -> np.dtype[Any]:
    """Return the kind of a column that is an array of integers, none of them null: in "items", their "n"."""
    return np.dtype([("bounds", "V20"), ("items", [("length", ">i4"), ("n", ">i4")], (length,))])


def read_rows(cursor: psycopg.Cursor[Any], query: LiteralString, row: np.dtype[Any]) -> Rows:
    """Return what a query selects, as a structured array of the layout `row`; ValueError if it is of another one."""
    with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)"):
        content = _received(cursor.connection.pgconn)
    count, rest = divmod(len(content) - len(HEADER) - len(TRAILER), row.itemsize)
    if rest:
        raise ValueError(f"rows of another layout than {row.names}")
    return np.frombuffer(content, row, count, len(HEADER))


def _received(pgconn: psycopg.pq.abc.PGconn) -> bytearray:
    """Return all that a COPY sends, and end it; raises the error of the database that ended it before.

    From libpq itself, a message a row: of millions of them, psycopg's own way costs fifteen times as much.
    """
    content, size = bytearray(), 0
    while size >= 0:
        size, message = pgconn.get_copy_data(0)
        content += message
    for result in list(iter(pgconn.get_result, None)):
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.errors.error_from_result(result)
    return content


def write_rows(
    cursor: psycopg.Cursor[Any], into: LiteralString, size: int, **columns: tuple[str, NDArray[Any] | bytes]
) -> None:
    """Append `size` rows to `into`, a table and its columns; `columns` in that order, each of a kind and its values.

    A value instead of an array is the same in all rows.
    """
    if not size:
        return
    rows = np.zeros(size, dtype=layout(*((name, kind) for name, (kind, _) in columns.items())))
    rows["columns"] = len(columns)
    for name, (kind, values) in columns.items():
        rows[f"{name} length"], rows[name] = np.dtype(kind).itemsize, values
    with cursor.copy(f"COPY {into} FROM STDIN (FORMAT binary)") as copy:
        copy.write(HEADER)
        copy.write(rows.tobytes())
        copy.write(TRAILER)


@contextmanager
def written_meanwhile(cursor: psycopg.Cursor[Any], lots: int = 8) -> Iterator[Callable[..., None]]:
    """Give a `write_rows` of this cursor that returns at once: a thread writes while the next rows are computed.

    Nothing else may use the connection until the block ends, and all is written. Up to `lots` wait in memory.
    """
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1) as thread:

        def write(into: LiteralString, size: int, **columns: tuple[str, NDArray[Any] | bytes]) -> None:
            waiting.append(thread.submit(write_rows, cursor, into, size, **columns))
            while len(waiting) > lots:
                waiting.popleft().result()

        yield write
        for one in waiting:
            one.result()


def whole(column: Rows) -> Ints:
    """Return a column of integers or flags in the machine's own order, 64 bits wide."""
    return column.astype(np.int64)
