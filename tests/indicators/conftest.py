"""A database whose measures a test writes itself."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings

# Long after the months that tests write: none is provisional for its youth.
TODAY = date(2026, 6, 15)


@pytest.fixture
def measures(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role `ingest` to a database without any measure; what it writes is rolled back."""
    with connect(settings, "ingest") as connection:
        connection.execute("DELETE FROM core.observed_month")
        connection.execute("UPDATE core.window_state SET as_of = %s", (TODAY,))
        yield connection
        connection.rollback()
