"""An empty published layer, and the export of what a test publishes."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from consumers.opendata.folder import Exported, export
from runtime.database import connect
from runtime.settings import Settings
from tests.consumers.opendata.published import empty


@pytest.fixture
def published(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A connection that may write the published layer, which is empty before and after."""
    with connect(settings, "migrator", autocommit=True) as connection:
        empty(connection)
        yield connection
        empty(connection)


Export = Callable[..., Exported]


@pytest.fixture
def exported(settings: Settings, tmp_path: Path) -> Export:
    """Export a vintage as the public may read it."""

    def run(folder: Path = tmp_path / "export", month: date | None = None) -> Exported:
        with connect(settings, "public_reader") as connection:
            return export(connection, month, lambda _: folder)

    return run
