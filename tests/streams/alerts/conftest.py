"""The quartiers of these tests, in an empty database."""

from typing import Any

import psycopg
import pytest

from runtime.settings import Settings
from tests.streams.alerts.quartiers import Quartiers, write_quartiers


@pytest.fixture
def quartiers(settings: Settings, database: psycopg.Connection[Any]) -> Quartiers:
    """Thirty quartiers with five moves a month, on 10 March 2026."""
    return write_quartiers(settings, database)
