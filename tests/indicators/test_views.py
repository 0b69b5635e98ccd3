"""What SQL gives is what the pure functions give on the same measures."""

import random
from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg
import pytest

from runtime.database import connect
from runtime.settings import Settings
from schemas.indicators import Indicator, indicators, rate
from schemas.indicators.intervals import poisson_interval, wilson_interval
from schemas.indicators.measures import MEASURES
from schemas.indicators.sql import bounds_sql, pivot_sql, status_sql, value_sql
from tests.indicators.measured import month_after, over_window, territory, write_month

pytestmark = pytest.mark.services

FIRST = date(2025, 1, 1)
Row = dict[str, Any]


def drawn(rng: random.Random) -> dict[str, int]:
    """Draw a month of measures that hold together."""
    dwellings, departures, arrivals = rng.randint(20, 900), rng.randint(0, 40), rng.randint(0, 40)
    found = dict.fromkeys(MEASURES, 0) | {"dwellings": dwellings, "departures": departures, "arrivals": arrivals}
    found["all_dwellings"] = dwellings + rng.choice((0, 0, rng.randint(0, 400)))
    found["vacant"] = rng.randint(0, dwellings // 5)
    found["vacant_over_3_months"] = found["vacant"] // 3
    found["first_let_within_12_months"] = rng.randint(0, dwellings // 10)
    found["relet_dwellings_12_months"] = rng.randint(0, dwellings // 2)
    found["notices"] = rng.randint(0, 30)
    found["notices_withdrawn"] = rng.randint(0, found["notices"])
    for prefix, total in (("left_", departures), ("came_", arrivals), ("departures_", departures)):
        left = total
        for name in [name for name in MEASURES if name.startswith(prefix)]:
            found[name] = rng.randint(0, left // 3)
            left -= found[name]
    found["first_lettings"], found["arrivals_same_landlord"] = arrivals // 4, arrivals // 5
    return found


def told(connection: psycopg.Connection[Any], query: str, *values: object) -> list[Row]:
    cursor = connection.execute(query.encode(), values)
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def expected(one: Indicator, measures: Mapping[str, float], window: int) -> tuple[str, object, object, object]:
    """Return status, value and bounds of a whole window, by the pure functions."""
    found = rate(one, measures, window)
    if found.status != "value" or one.family == "couverture":
        status = found.status
    else:
        status = "provisional" if measures["dwellings"] < 0.8 * measures["all_dwellings"] else "value"
    return status, *(
        None if number is None else pytest.approx(number) for number in (found.value, found.lower, found.upper)
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_indicator_of_every_window_is_that_of_the_pure_functions(
    measures: psycopg.Connection[Any], seed: int
) -> None:
    rng = random.Random(seed)
    qpv = territory(measures, "qpv_2024", "QN03001I")
    months = [drawn(rng) for _ in range(12)]
    for place, month in enumerate(months):
        write_month(measures, qpv, "all", month_after(FIRST, place), month)
    rows = told(measures, "SELECT * FROM core.indicator_window WHERE month = %s", month_after(FIRST, 11))
    assert {(row["indicator"], row["window_months"]) for row in rows} == {
        (one.code, window) for one in indicators().values() if one.numerator for window in one.windows
    }
    for row in rows:
        window = row["window_months"]
        wanted = expected(indicators()[row["indicator"]], over_window(list(months[-window:])), window)
        assert (row["status"], row["value"], row["lower"], row["upper"]) == wanted, row


def test_a_window_that_lacks_a_month_has_no_figure(measures: psycopg.Connection[Any]) -> None:
    qpv = territory(measures, "qpv_2024", "QN03001I")
    for place in range(11):
        write_month(measures, qpv, "all", month_after(FIRST, place), {"dwellings": 500, "departures": 5})
    rows = told(
        measures,
        "SELECT window_months, status, value FROM core.indicator_window "
        "WHERE indicator = 'departure_rate' AND month = %s ORDER BY 1",
        month_after(FIRST, 10),
    )
    assert [(row["status"], row["value"] and float(row["value"])) for row in rows] == [
        ("value", 12.0),
        ("value", 12.0),
        ("no_data", None),
    ]


@pytest.mark.parametrize("day", ["2025-12-01", "2025-12-31"])
def test_the_running_month_and_the_one_before_are_provisional(measures: psycopg.Connection[Any], day: str) -> None:
    measures.execute("UPDATE core.window_state SET as_of = %s", (day,))
    qpv = territory(measures, "qpv_2024", "QN03001I")
    for place in range(12):
        write_month(measures, qpv, "all", month_after(FIRST, place), {"dwellings": 500, "departures": 5})
    rows = told(
        measures,
        "SELECT status, value FROM core.indicator_window "
        "WHERE indicator = 'departure_rate' AND window_months = 1 ORDER BY month",
    )
    assert [row["status"] for row in rows] == ["value"] * 10 + ["provisional"] * 2
    assert all(float(row["value"]) == 12 for row in rows)


def test_exits_from_the_quartier_are_told_inside_quartiers_only(measures: psycopg.Connection[Any]) -> None:
    commune = territory(measures, "commune", "30189")
    for part in ("all", "qpv", "hors_qpv", "non_localise"):
        for place in range(12):
            write_month(measures, commune, part, month_after(FIRST, place), {"dwellings": 500})
    rows = told(measures, "SELECT DISTINCT part FROM core.indicator_window WHERE indicator = 'qpv_exit_rate'")
    assert [row["part"] for row in rows] == ["qpv"]


def test_a_month_that_nobody_declared_is_nil_per_cent_complete_and_nothing_else(
    measures: psycopg.Connection[Any],
) -> None:
    qpv = territory(measures, "qpv_2024", "QN03001I")
    write_month(measures, qpv, "all", FIRST, {"dwellings": 0, "all_dwellings": 500})
    rows = told(measures, "SELECT indicator, status, value FROM core.indicator_window WHERE window_months = 1")
    found = {row["indicator"]: (row["status"], row["value"]) for row in rows}
    assert found["completeness"] == ("value", 0)
    assert found["departures"] == ("no_data", None)


@pytest.mark.parametrize("role", ["observatory", "public_reader"])
def test_intervals_in_sql_are_those_of_python_whoever_reads_a_view_of_them(settings: Settings, role: str) -> None:
    counts = [*range(130), 500, 4_999, 5_000, 250_000]
    with connect(settings, "postgres") as connection:
        connection.execute(
            "CREATE VIEW published.tried AS SELECT n, core.poisson_lower(n), core.poisson_upper(n), "
            "core.wilson_lower(n, n + 7), core.wilson_upper(n, n + 7) "
            f"FROM unnest(ARRAY[{', '.join(map(str, counts))}]) AS n"
        )
        connection.execute(f"GRANT SELECT ON published.tried TO {role}; SET ROLE {role}")
        rows = connection.execute("SELECT * FROM published.tried ORDER BY n").fetchall()
        connection.rollback()
    assert len(rows) == len(counts)
    for n, *bounds in rows:
        assert bounds == pytest.approx([*poisson_interval(n), *wilson_interval(n, n + 7)], rel=1e-12)


@pytest.mark.parametrize("one", [one for one in indicators().values() if one.numerator], ids=lambda one: one.code)
def test_the_expressions_for_published_figures_give_what_the_pure_functions_give(
    measures: psycopg.Connection[Any], one: Indicator
) -> None:
    rng = random.Random(one.code)
    for secret in (False, True):
        month: dict[str, float | None] = {**drawn(rng)}
        if secret and one.numerator:
            month[one.numerator[-1][0]] = None
        known = ", ".join(f"('{name}', {value})" for name, value in month.items() if value is not None)
        window = one.windows[-1]
        rows = f"(VALUES (1)) AS k (k), (VALUES {known}) AS f (measure, value)"
        lower, upper = bounds_sql(one.code, "f", window)
        status = status_sql(one.code, "f", "text 'value'")
        found = told(
            measures,
            f"WITH f AS ({pivot_sql(rows, ('k',))}) SELECT {value_sql(one.code, 'f', window)} AS value, "
            f"{lower} AS lower, {upper} AS upper, {status} AS status FROM f",
        )[0]
        wanted = rate(one, month, window)
        assert found["status"] == wanted.status
        if wanted.value is not None:
            assert float(found["value"]) == pytest.approx(wanted.value)
            assert found["lower"] == (wanted.lower if wanted.lower is None else pytest.approx(wanted.lower))
            assert found["upper"] == (wanted.upper if wanted.upper is None else pytest.approx(wanted.upper))
