"""A database whose measures a test writes itself."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings


@pytest.fixture
def measures(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the role `ingest` to a database without any measure; what it writes is rolled back."""
    with connect(settings, "ingest") as connection:
        connection.execute("DELETE FROM core.observed_month")
        yield connection
        connection.rollback()
