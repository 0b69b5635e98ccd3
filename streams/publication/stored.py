"""Tables that staff reads, written whole from the view that decides what is in them."""

from typing import Any

import psycopg


def write_whole(connection: psycopg.Connection[Any], table: str, decided: str, columns: str) -> int:
    """Write a table again from a view, in one transaction; return the rows. Readers see one whole state.

    `columns`: those of the table, that the view has too. One writer at a time.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE".encode())
        cursor.execute(f"DELETE FROM {table}".encode())  # noqa: S608
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {decided}".encode())  # noqa: S608
        return cursor.rowcount
