"""Every query that the dashboards ask, with the span over which it is asked: for tests and for measurements."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from dashboards.generate import BUILDERS, text
from dashboards.lint import panels_of


class Asked(NamedTuple):
    """A query: the dashboard and the panel (or variable) that ask it, and how its rows are read."""

    uid: str
    panel: dict[str, Any]
    format: str
    sql: str
    since: timedelta

    @property
    def name(self) -> str:
        """How it is named: dashboard and title."""
        return f"{self.uid} {self.panel.get('title') or self.panel['name']}"


def _span(since: str) -> timedelta:
    found = re.fullmatch(r"now-(\d+)([dy])", since)
    if found is None:
        raise ValueError(f"a dashboard begins at {since}: expected now-NNd or now-NNy")
    return timedelta(days=int(found[1]) * (366 if found[2] == "y" else 1))


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
            if variable["type"] != "query":
                continue
            yield Asked(uid, variable, "variable", variable["query"], since)
