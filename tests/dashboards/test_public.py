"""The public dashboard, read as its Grafana reads it: by the role `public_reader`, from published vintages."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from dashboards.asked import Asked, every_query
from dashboards.source import PUBLIC
from runtime.database import connect
from runtime.settings import Settings
from tests.dashboards.filling import publish
from tests.dashboards.queries import NUMBERS, QUARTIER, answer
from tests.dashboards.shapes import check

pytestmark = pytest.mark.services
QUERIES = [asked for asked in every_query() if asked.uid == PUBLIC]
EVERY = pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)
REGION = QUARTIER | {"niveau": "region", "territoire": "76"}


@pytest.fixture(scope="module")
def public(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    """A viewer of the public Grafana: the role of its data source."""
    with connect(settings, "public_reader", autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def published(
    settings: Settings, seeded: psycopg.Connection[Any], public: psycopg.Connection[Any]
) -> psycopg.Connection[Any]:
    """A public viewer of two vintages of the simulated region."""
    publish(settings)
    return public


@EVERY
def test_an_answer_has_the_shape_that_its_panel_reads(asked: Asked, published: psycopg.Connection[Any]) -> None:
    check(asked, answer(published, asked, REGION))


def rows(viewer: psycopg.Connection[Any], title: str) -> list[dict[str, Any]]:
    (asked,) = (one for one in QUERIES if one.panel.get("title", "").startswith(title))
    return answer(viewer, asked, REGION).rows


def test_the_rate_is_that_of_the_published_counts(published: psycopg.Connection[Any]) -> None:
    counts = {row["Compte"]: row["Valeur"] for row in rows(published, "Les comptes publiés")}
    rates = {row["Indicateur"]: row for row in rows(published, "Taux et parts")}
    departures = counts["Départs effectifs, sorties techniques exclues"]
    dwellings = counts["Logements loués ou proposés des bailleurs qui ont déclaré"]
    rate = rates["Taux de départ (bailleur)"]
    assert rate["Valeur"] == pytest.approx(100 * departures / dwellings)
    assert rate["Au moins"] < rate["Valeur"] < rate["Au plus"]


def test_a_secret_count_has_no_figure_and_no_rate(published: psycopg.Connection[Any]) -> None:
    secret = published.execute("""
        SELECT indicator.status, indicator.value, indicator.lower FROM published.figure
        JOIN published.indicator USING (vintage, territory_id, part, window_months, month)
        WHERE measure = 'departures' AND figure.status = 'secret' AND indicator = 'departure_rate'""").fetchall()
    assert secret
    assert {(value, lower) for _, value, lower in secret} == {(None, None)}
    assert {status for status, _, _ in secret} <= {"secret", "too_few_dwellings"}


def test_the_losses_are_those_of_the_newest_vintage(published: psycopg.Connection[Any]) -> None:
    told = published.execute(
        "SELECT status = 'secret', count(*) FROM published.figure "
        "WHERE vintage = (SELECT max(vintage) FROM published.vintage) GROUP BY 1"
    ).fetchall()
    losses = rows(published, "Ce que le secret retient")
    assert sum(row["Secrets"] for row in losses) == dict(told)[True] > 0
    assert sum(row["Chiffres"] for row in losses) == sum(dict(told).values())


@EVERY
def test_nothing_published_is_no_figure(
    asked: Asked, unseeded: psycopg.Connection[Any], public: psycopg.Connection[Any]
) -> None:
    got = answer(public, asked, REGION)
    for row in got.rows:
        assert all(value is None for name, value in row.items() if got.types[name] in NUMBERS)
