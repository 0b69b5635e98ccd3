"""Months of measures written by hand into the database, as the refresh would."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import psycopg

from schemas.indicators.measures import FLOWS, LEVELS, MEASURES


def month_after(month: date, months: int) -> date:
    """Return the first of a month, some months later."""
    number = month.year * 12 + month.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def territory(connection: psycopg.Connection[Any], level: str, code: str) -> int:
    """Return the number of a territory."""
    found = connection.execute(
        "SELECT territory_id FROM core.territory WHERE (level, code) = (%s, %s)", (level, code)
    ).fetchone()
    assert found is not None
    return int(found[0])


def write_month(
    connection: psycopg.Connection[Any], territory_id: int, part: str, month: date, measures: Mapping[str, int]
) -> None:
    """Write one row of `core.observed_month`; measures that are not given are zero, all dwellings are declared."""
    values = {**dict.fromkeys(MEASURES, 0), "all_dwellings": measures.get("dwellings", 0), **measures}
    columns = ("territory_id", "part", "month", "landlords", "declared_landlords", *values)
    connection.execute(
        f"INSERT INTO core.observed_month ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
        (territory_id, part, month, 1, 1, *values.values()),
    )


def over_window(months: list[Mapping[str, int]]) -> dict[str, float]:
    """Return the measures of a window from those of its months: dwellings are means, moves sums."""
    found = {name: sum(month[name] for month in months) / len(months) for name in LEVELS}
    found |= {name: float(sum(month[name] for month in months)) for name in FLOWS}
    return found | {"relet_dwellings_12_months": float(months[-1]["relet_dwellings_12_months"])}
