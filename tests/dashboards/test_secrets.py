"""A count of 1 to 4 is nowhere: in no panel's answer, and no difference of what is shown gives it back."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations
from typing import Any

import psycopg
import pytest

from dashboards.asked import Asked, every_query
from dashboards.page import CHAINE
from dashboards.source import PUBLIC
from runtime.database import connect
from runtime.settings import Settings
from tests.conftest import empty
from tests.dashboards.places import VARIABLES, told
from tests.dashboards.queries import answer

pytestmark = pytest.mark.services
SECRET = 3
PARTS_SHOWN = ("all", "qpv", "hors_qpv", "non_localise")
NOT_COUNTS_OF_MOVES = {"QPV suivis", "QPV comptés", "longitude", "latitude", "Bailleurs", "Années"}
QUERIES = [asked for asked in every_query() if asked.uid not in (CHAINE, PUBLIC) and asked.format != "variable"]
PARTS = """
SELECT level, code, window_days, part, departures, arrivals, solde
FROM staff.rolling JOIN staff.territory USING (territory_id)
"""
SERIES = """
SELECT level, code, window_months, month, departures, arrivals, rate_percent * dwellings / 100 AS departures_of_rate
FROM staff.declared_series JOIN staff.territory USING (level, territory_id)
"""
REST = "SELECT code, month, departures FROM staff.commune_rest JOIN staff.territory USING (territory_id)"


@pytest.fixture(scope="module")
def viewer(settings: Settings) -> Iterator[psycopg.Connection[Any]]:
    with connect(settings, "observatory", autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module", params=["inside", "outside", "unlocated"])
def secret_place(request: pytest.FixtureRequest, settings: Settings) -> str:
    """A region where 3 departures are secret: inside the quartier, around it in its commune, or not located there."""
    where: str = request.param
    empty(settings)
    with connect(settings, "ingest", autocommit=True) as database:
        told(settings, database, {"inside": 27, "outside": 41, "unlocated": 33, "elsewhere": 90} | {where: SECRET})
    return where


def numbers(rows: list[dict[str, Any]]) -> set[float]:
    return {
        float(value)
        for row in rows
        for name, value in row.items()
        if name not in NOT_COUNTS_OF_MOVES and isinstance(value, int | float | Decimal)
    }


def shown(viewer: psycopg.Connection[Any], query: str, *columns: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what a view shows, by its key: every column but the named ones."""
    cursor = viewer.execute(query)
    names = [column.name for column in cursor.description or []]
    found = (dict(zip(names, row, strict=True)) for row in cursor.fetchall())
    return {tuple(row[name] for name in names if name not in columns): row for row in found}


@pytest.mark.parametrize("asked", QUERIES, ids=lambda asked: asked.name)
def test_no_answer_holds_the_secret(asked: Asked, secret_place: str, viewer: psycopg.Connection[Any]) -> None:
    assert SECRET not in numbers(answer(viewer, asked, VARIABLES).rows)


def test_what_is_not_secret_is_shown(secret_place: str, viewer: psycopg.Connection[Any]) -> None:
    live = shown(viewer, PARTS, "departures", "arrivals", "solde")
    assert live["qpv_2024", "QN03107M", 30, "all"]["departures"] == 90
    assert {level for level, *_ in live} == {"qpv_2024", "region"}
    quartier = live["qpv_2024", "QN00902M", 30, "all"]["departures"]
    assert quartier == (None if secret_place == "inside" else 27)


def test_no_difference_of_parts_gives_the_secret_back(secret_place: str, viewer: psycopg.Connection[Any]) -> None:
    live = shown(viewer, PARTS, "departures", "arrivals", "solde")
    for level, code in {key[:2] for key in live}:
        for window in (30, 90, 365):
            parts = [live.get((level, code, window, part), {}).get("departures") for part in PARTS_SHOWN]
            counts = [count for count in parts if count is not None]
            assert SECRET not in counts
            assert SECRET not in {a - b for a, b in permutations(counts, 2)}


def test_a_quartier_its_commune_and_the_rest_do_not_give_the_secret_back(
    secret_place: str, viewer: psycopg.Connection[Any]
) -> None:
    live = shown(viewer, PARTS, "departures", "arrivals", "solde")
    series = shown(viewer, SERIES, "departures", "arrivals", "departures_of_rate")
    rest = shown(viewer, REST, "departures")
    for window in (30, 90, 365):
        counts = [live.get((*key, window, "all"), {}).get("departures") for key in around()]
        assert_kept(counts)
    for months, month in {key[2:] for key in series}:
        windows = [series.get((*key, months, month), {}) for key in around()]
        beside = rest.get(("QN00902M", month), {}).get("departures") if months == 12 else None
        assert_kept([row.get("departures") for row in windows] + [beside])
        assert_kept([round(row["departures_of_rate"]) for row in windows if row.get("departures_of_rate") is not None])


def around() -> list[tuple[str, str]]:
    return [("qpv_2024", "QN00902M"), ("qpv_2015", "QP009002"), ("commune", "09122")]


def assert_kept(counts: list[Any]) -> None:
    known = [count for count in counts if count is not None]
    assert SECRET not in known
    assert SECRET not in {a - b for a, b in permutations(known, 2)}


def test_the_viewer_reads_no_table_of_counters(viewer: psycopg.Connection[Any]) -> None:
    for table in ("move", "monthly_counter", "rolling_counter", "shown_window", "observed_month", "quarantine"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            viewer.execute(f"SELECT 1 FROM core.{table}")


def test_arrivals_of_a_month_are_shown_though_its_departures_are_secret(
    viewer: psycopg.Connection[Any], secret_place: str
) -> None:
    (bars,) = (asked for asked in QUERIES if asked.name.startswith("region Départs et arrivées par mois"))
    shown = {row["Mois"]: (row["Départs"], row["Arrivées"]) for row in answer(viewer, bars).rows}
    told = viewer.execute(
        "SELECT starts_at, arrivals FROM staff.declared_series WHERE level = 'region' AND window_months = 1 "
        "AND status = 'secret' AND arrivals_status IN ('value', 'provisional')"
    ).fetchall()
    assert told or secret_place == "inside", "only a secret inside a quartier leaves the région's own count shown"
    assert {month: shown.get(month) for month, _ in told} == {month: (None, arrivals) for month, arrivals in told}
