"""Every query of every dashboard, and its answer as PostgreSQL gives it to Grafana."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg

from dashboards.generate import BUILDERS, text
from dashboards.lint import panels_of
from dashboards.macros import expanded

NOW = datetime(2026, 3, 16, 12, tzinfo=UTC)
QUARTIER = {"departement": "30", "qpv": "QN03001I"}
NUMBERS = {"int2", "int4", "int8", "float4", "float8", "numeric"}
AMBIGUOUS = {"date", "timestamp"}
"""Types that Grafana reads as UTC: a day early or late."""


class Asked(NamedTuple):
    """A query: the dashboard and the panel (or variable) that ask it, and how its rows are read."""

    uid: str
    panel: dict[str, Any]
    format: str
    sql: str
    since: timedelta

    @property
    def name(self) -> str:
        """How a test names it."""
        return f"{self.uid} {self.panel.get('title') or self.panel['name']}"


class Answer(NamedTuple):
    """Columns with their types, in order, and rows."""

    types: dict[str, str]
    rows: list[dict[str, Any]]


def _span(since: str) -> timedelta:
    number, unit = re.fullmatch(r"now-(\d+)([dy])", since).groups()  # type: ignore[union-attr]
    return timedelta(days=int(number) * (366 if unit == "y" else 1))


def dashboards() -> dict[str, dict[str, Any]]:
    """Return every dashboard as Grafana reads it, by uid."""
    return {uid: json.loads(text(build())) for uid, build in BUILDERS.items()}


def every_query() -> Iterator[Asked]:
    """Yield every query of every panel and variable."""
    for uid, dashboard in dashboards().items():
        since = _span(dashboard["time"]["from"])
        for panel in panels_of(dashboard):
            for target in panel.get("targets", []):
                yield Asked(uid, panel, target["format"], target["rawSql"], since)
        for variable in dashboard["templating"].get("list", []):
            yield Asked(uid, variable, "variable", variable["query"], since)


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
