"""A quartier's past under the perimeters of 2015: spliced, recomputed, broken, or not told."""

from datetime import date
from typing import Any

import psycopg
import pytest

from tests.indicators.measured import month_after, territory, write_month

pytestmark = pytest.mark.services

Q1_2024, END_2023 = date(2024, 1, 1), date(2023, 12, 1)


def predecessor(connection: psycopg.Connection[Any], statut: str) -> tuple[str, str]:
    """Return a quartier of 2024 of a statut and its one predecessor of 2015."""
    found = connection.execute(
        "SELECT code, min(qpv_2015) FROM core.territory JOIN core.qpv_lineage ON qpv_2024 = code "
        "WHERE level = 'qpv_2024' AND statut = %s GROUP BY code HAVING count(*) = 1 ORDER BY code LIMIT 1",
        (statut,),
    ).fetchone()
    assert found is not None
    return found


def write_months(
    connection: psycopg.Connection[Any], code: str, first: date, months: int, dwellings: int, departures: int = 4
) -> None:
    level = "qpv_2024" if code.startswith("QN") else "qpv_2015"
    for place in range(months):
        month = {"dwellings": dwellings, "departures": departures}
        write_month(connection, territory(connection, level, code), "all", month_after(first, place), month)


def series(connection: psycopg.Connection[Any], code: str) -> dict[date, tuple[str, int | None]]:
    """Return splice and departures by month."""
    rows = connection.execute(
        "SELECT month, splice, departures FROM core.generation_month WHERE territory_id = %s ORDER BY month",
        (territory(connection, "qpv_2024", code),),
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def past(connection: psycopg.Connection[Any], code: str) -> tuple[str, date | None]:
    found = connection.execute(
        "SELECT past, told_from FROM core.generation_past WHERE territory_id = %s",
        (territory(connection, "qpv_2024", code),),
    ).fetchone()
    assert found is not None
    return found


def test_an_identical_quartier_goes_on_from_that_of_2015(measures: psycopg.Connection[Any]) -> None:
    new, old = predecessor(measures, "I")
    write_months(measures, old, date(2023, 1, 1), 12, 500, 3)
    write_months(measures, new, Q1_2024, 6, 500, 5)
    found = series(measures, new)
    assert found[END_2023] == ("identique", 3)
    assert found[Q1_2024] == ("actuelle", 5)
    assert past(measures, new) == ("identique", date(2023, 1, 1))
    row = measures.execute(
        "SELECT numerator, splice, status FROM core.generation_series WHERE territory_id = %s AND month = %s "
        "AND window_months = 12 AND indicator = 'departure_rate'",
        (territory(measures, "qpv_2024", new), date(2024, 3, 1)),
    ).fetchone()
    assert row == (9 * 3 + 3 * 5, "identique", "value")


def test_a_modified_quartier_is_recomputed_from_where_landlords_located_in_it(
    measures: psycopg.Connection[Any],
) -> None:
    new, old = predecessor(measures, "M")
    write_months(measures, old, date(2022, 1, 1), 24, 700, 9)
    write_months(measures, new, date(2023, 7, 1), 12, 500, 4)
    found = series(measures, new)
    assert found[date(2023, 6, 1)] == ("rupture", None)
    assert found[date(2023, 7, 1)] == ("recalculée", 4)
    assert found[Q1_2024] == ("actuelle", 4)
    assert past(measures, new) == ("recalculée", date(2023, 7, 1))


def test_a_month_that_some_landlords_only_located_is_no_recomputation(measures: psycopg.Connection[Any]) -> None:
    new, _ = predecessor(measures, "M")
    write_months(measures, new, date(2023, 7, 1), 6, 300, 4)
    write_months(measures, new, Q1_2024, 6, 500, 4)
    assert series(measures, new)[END_2023] == ("rupture", None)
    assert past(measures, new) == ("rupture", Q1_2024)


def test_nothing_is_invented_for_a_new_quartier(measures: psycopg.Connection[Any]) -> None:
    (new,) = measures.execute(
        "SELECT code FROM core.territory WHERE level = 'qpv_2024' AND statut = 'N' ORDER BY code LIMIT 1"
    ).fetchone() or ("",)
    write_months(measures, new, date(2023, 7, 1), 12, 500)
    assert series(measures, new)[END_2023] == ("aucun historique", None)
    assert past(measures, new) == ("aucun historique", Q1_2024)
    windows = measures.execute(
        "SELECT status, value FROM core.generation_series WHERE territory_id = %s AND month = %s "
        "AND window_months = 12 AND indicator = 'departures'",
        (territory(measures, "qpv_2024", new), date(2024, 3, 1)),
    ).fetchall()
    assert windows == [("no_data", None)]


def test_a_break_is_never_bridged_by_a_window(measures: psycopg.Connection[Any]) -> None:
    new, old = predecessor(measures, "M")
    write_months(measures, old, date(2023, 1, 1), 12, 700, 9)
    write_months(measures, new, Q1_2024, 12, 500, 4)
    rows = measures.execute(
        "SELECT month, status, splice FROM core.generation_series WHERE territory_id = %s "
        "AND window_months = 12 AND indicator = 'departures' AND month >= '2024-11-01' ORDER BY month",
        (territory(measures, "qpv_2024", new),),
    ).fetchall()
    assert rows == [
        (date(2024, 11, 1), "no_data", "rupture"),
        (date(2024, 12, 1), "value", "actuelle"),
    ]
