"""The stage: a database to commit to without a broker."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from runtime.settings import Settings
from tests.streams.stage import Stage


@pytest.fixture
def stage(settings: Settings, database: psycopg.Connection[Any]) -> Iterator[Stage]:
    """An empty ledger whose windows end on `TODAY`."""
    made = Stage(settings, database)
    yield made
    made.close()
