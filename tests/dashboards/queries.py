"""Every query of every dashboard, and its answer as PostgreSQL gives it to Grafana."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from dashboards.asked import Asked
from dashboards.macros import expanded

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
QUARTIER = {
    "departement": "30",
    "qpv": "QN03001I",
    "niveau": "qpv_2024",
    "territoire": "QN03001I",
    "indicateur": "departure_rate",
    "fenetre": "12",
}
NUMBERS = {"int2", "int4", "int8", "float4", "float8", "numeric"}
AMBIGUOUS = {"date", "timestamp"}
"""Types that Grafana reads as UTC: a day early or late."""


class Answer(NamedTuple):
    """Columns with their types, in order, and rows."""

    types: dict[str, str]
    rows: list[dict[str, Any]]


def answer(
    viewer: psycopg.Connection[Any], asked: Asked, variables: dict[str, str] | None = None, zone: str = "UTC"
) -> Answer:
    """Run a query as Grafana would, over the dashboard's own span, in a session of some time zone."""
    viewer.execute("SELECT set_config('timezone', %s, false)", (zone,))
    cursor = viewer.execute(
        expanded(asked.sql, variables or QUARTIER, NOW - asked.since, NOW).encode(),
    )
    columns = cursor.description or []
    types = {column.name: psycopg.adapters.types[column.type_code].name for column in columns}
    return Answer(types, [dict(zip(types, row, strict=True)) for row in cursor.fetchall()])


def dressed(panel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the columns that a panel dresses, by name, with their properties."""
    return {
        override["matcher"]["options"]: {one["id"]: one["value"] for one in override["properties"]}
        for override in panel.get("fieldConfig", {}).get("overrides", [])
    }
