"""Zero is told."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from dashboards.asked import every_query
from runtime.database import connect
from runtime.settings import Settings
from tests.dashboards.places import VARIABLES, told
from tests.dashboards.queries import answer

pytestmark = pytest.mark.services


@pytest.fixture
def viewer(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with connect(settings, "observatory", autocommit=True) as connection:
        yield connection


def test_zero_is_a_value_and_not_a_secret(
    settings: Settings, database: psycopg.Connection[Any], viewer: psycopg.Connection[Any]
) -> None:
    told(settings, database, {"inside": 0, "outside": 41, "unlocated": 33, "elsewhere": 90})
    (asked,) = (
        one
        for one in every_query()
        if one.panel.get("title") == "30 derniers jours · encore en déclaration" and one.uid == "quartier"
    )
    assert answer(viewer, asked, VARIABLES).rows == [{"Départs": 0, "Arrivées": 20, "Solde": 20}]
