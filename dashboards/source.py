"""The one data source, and the queries in `queries/`: each panel names its own file."""

from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.models.common import DataSourceRef

QUERIES = Path(__file__).parent / "queries"
DATASOURCE_TYPE = "grafana-postgresql-datasource"
DATASOURCE_UID = "quartiers-observatoire"
"""Fixed in `provisioning/datasources/`: the role `observatory`, which reads the views of `staff` and no more."""


def datasource() -> DataSourceRef:
    """Return the reference that panels and variables bear."""
    return DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)


def sql(name: str) -> str:
    """Return the text of `queries/<name>.sql`; FileNotFoundError if there is none."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8").strip()


@dataclass(frozen=True)
class Query:
    """A target of a panel: the query of a file, read as rows (`table`) or as series by time (`time_series`).

    `window` is the number that stands for `:window` in the file: one query serves windows of several lengths.
    """

    name: str
    format: str = "table"
    ref_id: str = "A"
    window: int | None = None

    def build(self) -> "Query":
        """Return the target itself: what the SDK's builders ask of a builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the target as Grafana's PostgreSQL source reads it."""
        return {
            "refId": self.ref_id,
            "datasource": datasource(),
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": sql(self.name).replace(":window", str(self.window)),
        }
