"""Rows as arrays: what was written is read, and a statement that fails leaves a connection that can go on."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from streams.measures.binary_rows import (
    FLAG,
    INTEGER,
    REAL,
    integers,
    layout,
    read_rows,
    whole,
    write_rows,
    written_meanwhile,
)

pytestmark = pytest.mark.services
ROW = layout(("number", INTEGER), ("even", FLAG))
NUMBERS = "SELECT n, n % 2 = 0 FROM generate_series(1, 5000) AS n"


@pytest.fixture
def cursor(settings: Settings) -> Iterator[psycopg.Cursor[Any]]:
    with connect(settings, "ingest") as connection:
        yield connection.cursor()
        connection.rollback()


def test_rows_are_read_as_they_were_selected(cursor: psycopg.Cursor[Any]) -> None:
    rows = read_rows(cursor, NUMBERS, ROW)
    assert whole(rows["number"]).tolist() == list(range(1, 5001))
    assert rows["even"].tolist() == [n % 2 == 0 for n in range(1, 5001)]
    assert read_rows(cursor, "SELECT 1, true WHERE false", ROW).size == 0


def test_arrays_of_integers_are_read_whole(cursor: psycopg.Cursor[Any]) -> None:
    rows = read_rows(cursor, "SELECT ARRAY[n, -n, 7] FROM generate_series(1, 3) AS n", layout(("three", integers(3))))
    assert rows["three"]["items"]["n"].tolist() == [[1, -1, 7], [2, -2, 7], [3, -3, 7]]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT nothing, true", psycopg.errors.UndefinedColumn),
        ("SELECT 1 / (4000 - n), true FROM generate_series(1, 5000) AS n", psycopg.errors.DivisionByZero),
    ],
)
def test_what_fails_before_or_amid_the_rows_is_raised_and_the_connection_goes_on(
    cursor: psycopg.Cursor[Any], query: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        read_rows(cursor, query, ROW)  # type: ignore[arg-type]
    cursor.connection.rollback()
    assert read_rows(cursor, NUMBERS, ROW).size == 5000


def test_what_is_written_meanwhile_is_there_when_the_block_ends(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute("CREATE TEMP TABLE written (number integer, half real, name text)")
    with written_meanwhile(cursor, lots=2) as write:
        for first in range(0, 1000, 100):
            numbers = np.arange(first, first + 100)
            write(
                "written (number, half, name)",
                100,
                number=(INTEGER, numbers),
                half=(REAL, numbers / 2),
                name=("S3", b"all"),
            )
    assert cursor.execute("SELECT count(*), sum(number), sum(half), min(name) FROM written").fetchall() == [
        (1000, 499500, 249750.0, "all")
    ]


def test_a_writing_that_fails_is_raised_when_the_block_ends(cursor: psycopg.Cursor[Any]) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable), written_meanwhile(cursor) as write:
        write("nowhere (number)", 1, number=(INTEGER, np.arange(1)))
    cursor.connection.rollback()
    write_rows(cursor, "nowhere (number)", 0, number=(INTEGER, np.arange(0)))
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]
