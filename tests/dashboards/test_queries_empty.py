"""Every query on a database that has received nothing: no error, no figure, the words for it."""

from typing import Any

import psycopg
import pytest

from dashboards.asked import Asked, every_query
from dashboards.source import PUBLIC
from tests.dashboards.queries import NUMBERS, answer, dressed

pytestmark = pytest.mark.services
QUERIES = [asked for asked in every_query() if asked.uid != PUBLIC]
KNOWN_WITHOUT_EVENTS = {"QPV suivis", "longitude", "latitude", "Logements (RPLS)"}
NOTHING_TOLD = ("not_covered", "no_data")
TRUE_ZEROS = {
    "État de la chaîne": {"Messages en attente", "Accusés en attente", "Trous de lecture", "En quarantaine"},
    "Ouvertes en ce moment": {
        *("Alertes sur un quartier", "À surveiller", "Sur des déclarations", "Sans avis de l'équipe"),
    },
    "Sort des événements · depuis le début": {"Appliqués", "Remplacés", "Déjà reçus", "Hors champ", "Refusés"},
}
"""Messages that the chain counted, and alerts, by panel: of nothing received, none. Every other number is a figure."""


@pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)
def test_nothing_received_is_no_figure(asked: Asked, unseeded: psycopg.Connection[Any]) -> None:
    got = answer(unseeded, asked)
    zeros = TRUE_ZEROS.get(asked.panel.get("title", ""), set())
    assert zeros <= got.types.keys()
    for row in got.rows:
        for name, value in row.items():
            if got.types[name] in NUMBERS and name not in KNOWN_WITHOUT_EVENTS:
                assert value == 0 if name in zeros else value is None, name
            if name.startswith("Statut"):
                assert value in NOTHING_TOLD


@pytest.mark.parametrize("asked", [one for one in QUERIES if one.format == "variable"], ids=lambda asked: asked.name)
def test_the_quartiers_can_be_chosen_before_anything_is_received(
    asked: Asked, unseeded: psycopg.Connection[Any]
) -> None:
    assert answer(unseeded, asked).rows


def test_the_chain_of_an_empty_database_waits_for_nothing(unseeded: psycopg.Connection[Any]) -> None:
    (asked,) = (one for one in QUERIES if one.panel.get("title") == "État de la chaîne")
    (row,) = answer(unseeded, asked).rows
    assert row["Messages en attente"] == row["Accusés en attente"] == row["En quarantaine"] == 0
    assert row["Âge du dernier enregistrement"] is None
    assert dressed(asked.panel)["Âge du dernier enregistrement"]["mappings"]
