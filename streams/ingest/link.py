"""A database connection that is made again when it broke: for what asks beside the batches."""

from collections.abc import Callable
from typing import Any

import psycopg


class Link:
    """One connection, in autocommit, made at its first use."""

    def __init__(self, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
        self._open = open_database
        self._connection: psycopg.Connection[Any] | None = None

    def connection(self) -> psycopg.Connection[Any]:
        """Return a connection that works; psycopg.OperationalError if the database is away."""
        if self._connection is None or self._connection.closed or self._connection.broken:
            self._connection = self._open()
            self._connection.autocommit = True
        return self._connection
