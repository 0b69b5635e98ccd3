"""What a quartier is compared with: each territory once, and no arrow where intervals touch."""

from datetime import date
from typing import Any

import psycopg
import pytest

from tests.indicators.measured import month_after, territory, write_month

pytestmark = pytest.mark.services

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 1)


def write_year(
    connection: psycopg.Connection[Any], level: str, code: str, part: str, dwellings: int, departures: int
) -> None:
    """Write twelve months with the same measures."""
    number = territory(connection, level, code)
    for place in range(12):
        month = {"dwellings": dwellings, "departures": departures}
        write_month(connection, number, part, month_after(FIRST, place), month)


def compared(connection: psycopg.Connection[Any], code: str) -> dict[str, tuple[Any, ...]]:
    """Return (own value, other numerator, other denominator, difference, ratio, verdict) by comparator."""
    rows = connection.execute(
        "SELECT comparator, value, other_numerator, other_denominator, difference, ratio, verdict FROM core.comparator "
        "WHERE territory_id = %s AND month = %s AND window_months = 12 AND indicator = 'departure_rate'",
        (territory(connection, "qpv_2024", code), LAST),
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def two_communes(connection: psycopg.Connection[Any]) -> tuple[str, list[str]]:
    """Return a quartier of 2024 that spans two communes, and these."""
    found = connection.execute(
        "SELECT qpv, array_agg(commune) FROM core.qpv_commune WHERE starts_with(qpv, 'QN') "
        "GROUP BY qpv HAVING count(*) = 2 ORDER BY qpv LIMIT 1"
    ).fetchone()
    assert found is not None
    return found


def test_the_rest_of_the_commune_is_what_is_hors_qpv_in_each_of_its_communes(
    measures: psycopg.Connection[Any],
) -> None:
    qpv, communes = two_communes(measures)
    write_year(measures, "qpv_2024", qpv, "all", 500, 5)
    for commune, departures in zip(communes, (10, 20), strict=True):
        write_year(measures, "commune", commune, "all", 9_000, 900)
        write_year(measures, "commune", commune, "hors_qpv", 1_000, departures)
    own, numerator, denominator, difference, ratio, verdict = compared(measures, qpv)["commune_rest"]
    assert (own, numerator, denominator) == (pytest.approx(12), 12 * 30, 2_000)
    assert (difference, ratio) == (pytest.approx(-6), pytest.approx(12 / 18))
    assert verdict == "lower"


def test_a_small_difference_has_no_arrow(measures: psycopg.Connection[Any]) -> None:
    write_year(measures, "qpv_2024", "QN03001I", "all", 500, 5)
    write_year(measures, "region", "76", "qpv", 80_000, 700)
    _, _, _, difference, _, verdict = compared(measures, "QN03001I")["region_qpvs"]
    assert difference == pytest.approx(1.5)
    assert verdict == "not_significant"


def test_the_quartiers_of_the_departement_are_summed_each_once(measures: psycopg.Connection[Any]) -> None:
    quartiers = [
        code
        for (code,) in measures.execute(
            "SELECT code FROM core.territory WHERE level = 'qpv_2024' AND departement = '65' ORDER BY code"
        )
    ]
    assert len(quartiers) > 2
    for place, code in enumerate(quartiers):
        write_year(measures, "qpv_2024", code, "all", 100 + place, 1)
    _, numerator, denominator, *_ = compared(measures, quartiers[0])["departement_qpvs"]
    assert numerator == 12 * len(quartiers)
    assert denominator == sum(100 + place for place in range(len(quartiers)))


def test_a_quartier_without_all_its_months_is_left_out_of_the_sum(measures: psycopg.Connection[Any]) -> None:
    write_year(measures, "qpv_2024", "QN03001I", "all", 500, 5)
    other = territory(measures, "qpv_2024", "QN03002M")
    write_month(measures, other, "all", LAST, {"dwellings": 500, "departures": 400})
    _, numerator, denominator, *_ = compared(measures, "QN03001I")["departement_qpvs"]
    assert (numerator, denominator) == (60, 500)
