"""The data sources, and the queries in `queries/`: each panel names its own file, whose folder says which it asks."""

from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.models.common import DataSourceRef

QUERIES = Path(__file__).parent / "queries"
DATASOURCE_TYPE = "grafana-postgresql-datasource"
PUBLIC = "public"
"""The folder of the queries, and the uid of the dashboard, of the Grafana that anyone may read."""


@dataclass(frozen=True)
class Source:
    """A data source of Grafana: its fixed uid, the role that it connects as, and the one schema that the role reads."""

    uid: str
    role: str
    schema: str

    def reference(self) -> DataSourceRef:
        """Return the reference that panels and variables bear."""
        return DataSourceRef(type_val=DATASOURCE_TYPE, uid=self.uid)


STAFF = Source("quartiers-observatoire", "observatory", "staff")
"""Fixed in `provisioning/datasources/`."""
PUBLISHED = Source("quartiers-published", "public_reader", "published")
"""Fixed in `operations/services/grafana/public/datasources/`."""
SOURCES = {source.uid: source for source in (STAFF, PUBLISHED)}


def source_of(name: str) -> Source:
    """Return the data source that the query of a file asks."""
    return PUBLISHED if name.startswith(f"{PUBLIC}/") else STAFF


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

    @property
    def source(self) -> Source:
        """The data source that it asks."""
        return source_of(self.name)

    def build(self) -> "Query":
        """Return the target itself: what the SDK's builders ask of a builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the target as Grafana's PostgreSQL source reads it."""
        return {
            "refId": self.ref_id,
            "datasource": self.source.reference(),
            "editorMode": "code",
            "format": self.format,
            "rawQuery": True,
            "rawSql": sql(self.name).replace(":window", str(self.window)),
        }
