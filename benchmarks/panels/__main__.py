"""`make bench`: seed five years, ask every query as Grafana would, and write `benchmarks/results/panels.md`.

Then the same of a country: 1,620 quartiers over ten years.
"""

import math
import os
import shutil
import statistics
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import machine, versions
from benchmarks.panels import stored
from dashboards.asked import Asked, every_query
from dashboards.macros import expanded
from dashboards.source import PUBLIC, PUBLISHED, STAFF
from operations import instance
from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import database_service
from producers.region import simulate
from producers.region.upload import as_upload
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.measures.refresh import recount
from streams.publication.findings import tell_findings
from streams.publication.live import show_live

START, END = date(2021, 1, 1), date(2026, 1, 1)
SCALE = float(os.environ.get("BENCH_SCALE", "1"))
TRIES = 25
TAKE = 80
VARIABLES = {
    "departement": "31",
    "qpv": "QN03107M",
    "niveau": "qpv_2024",
    "territoire": "QN03107M",
    "indicateur": "departure_rate",
    "fenetre": "12",
}
RESULT = Path(__file__).parents[1] / "results" / "panels.md"


class Measured(NamedTuple):
    """A query and its times in milliseconds, sorted."""

    asked: Asked
    rows: int
    times: list[float]

    @property
    def p95(self) -> float:
        """The time that 95 % of the tries do not exceed."""
        return self.times[math.ceil(0.95 * len(self.times)) - 1]


def seed(settings: Settings) -> int:
    """Commit the synthetic region's five years as a worker would, without a broker; return how many events."""
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    region = simulate(START, END, seed=2026, scale=SCALE)
    with connect(settings, "ingest", autocommit=True) as connection, connection.cursor() as cursor:
        names = [(one.siren, one.name) for one in region.landlords]
        cursor.executemany("INSERT INTO core.landlord (siren, name) VALUES (%s, %s)", names)
    events = 0
    for siren, publications in region.publications_by_landlord().items():
        uploaded = list(as_upload(publications))
        messages = [
            Message(moves_topic(siren), 0, offset, one.published_at.timestamp(), one.payload)
            for offset, one in enumerate(uploaded)
        ]
        for first in range(0, len(messages), TAKE):
            pipeline.commit(pipeline.prepare(messages[first : first + TAKE]))
        events += sum(one.events for one in uploaded)
    return events


def ask(settings: Settings, tries: int) -> list[Measured]:
    """Ask every query as the role of its data source, each several times in turn."""
    now = datetime.combine(END, datetime.min.time(), UTC)
    queries = list(every_query())
    found = [Measured(asked, 0, []) for asked in queries]
    with (
        connect(settings, STAFF.role, autocommit=True) as staff,
        connect(settings, PUBLISHED.role, autocommit=True) as public,
    ):
        for _ in range(tries):
            for number, asked in enumerate(queries):
                statement = expanded(asked.sql, VARIABLES, now - asked.since, now).encode()
                viewer = public if asked.uid == PUBLIC else staff
                started = time.perf_counter()
                rows = viewer.execute(statement).fetchall()
                found[number].times.append((time.perf_counter() - started) * 1000)
                found[number] = found[number]._replace(rows=len(rows))
    return [one._replace(times=sorted(one.times)) for one in found]


def table(measured: list[Measured]) -> str:
    """Return the rows of a table, the slowest first."""
    return "\n".join(
        f"| {one.asked.name.replace('|', '·')} | {one.rows} | {statistics.median(one.times):.1f} | {one.p95:.1f} "
        f"| {one.times[-1]:.1f} |"
        for one in sorted(measured, key=lambda one: -one.p95)
    )


def slowest(measured: list[Measured]) -> float:
    """Return the 95th percentile of the slowest query, in milliseconds."""
    return max(one.p95 for one in measured)


def write(where: str, region: tuple[int, list[Measured]], country: tuple[int, int, list[Measured]]) -> None:
    """Print the tables and keep them. `region`: events, times; `country`: quartiers, stored windows, times."""
    events, measured = region
    quartiers, windows, nationally = country
    head = "| query | rows | median | p95 | worst |\n|---|---|---|---|---|"
    text = f"""# Panels: every query of every dashboard

Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench`: {machine()}. {where}.

Each query {TRIES} times in turn as the role of its data source (`observatory`, or `public_reader` for the public
dashboard), macros expanded as Grafana does, on the quartier {VARIABLES["qpv"]}. Milliseconds, rows fetched. Goal: under
100 ms at the 95th percentile.

## The region

Five years of the synthetic region, {events:,} events. **Slowest query, 95th percentile: {slowest(measured):.0f} ms.**

{head}
{table(measured)}

## A country over ten years

{quartiers:,} quartiers, {windows:,} stored windows: the region's quartiers copied, the newest window of each at each of
120 months. **Slowest query, 95th percentile: {slowest(nationally):.0f} ms.**

{head}
{table(nationally)}
"""
    RESULT.write_text(text, encoding="utf-8")
    print(text)


def _vacuum(settings: Settings) -> None:
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # what autovacuum does within minutes


def main() -> None:
    """Run everything on a fresh instance `bench-panels`."""
    settings = Settings.load("bench-panels")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    database_service.start(settings, print)
    try:
        migrate(settings)
        with connect(settings, "migrator") as connection:
            load_reference(connection, load())
        with connect(settings, "ingest") as connection:
            start_windows(connection, END)
        print("seeding five years ...", file=sys.stderr, flush=True)
        events = seed(settings)
        with connect(settings, "ingest") as connection:
            recount(connection)
            show_live(connection)
            tell_findings(connection)
            where = versions(connection)
        with connect(settings, "migrator") as connection:
            stored.fill(connection, END)
        _vacuum(settings)
        measured = ask(settings, TRIES)
        print("copying it into a country ...", file=sys.stderr, flush=True)
        with connect(settings, "migrator") as connection:
            quartiers, windows = stored.nation(connection)
        _vacuum(settings)
        write(where, (events, measured), (quartiers, windows, ask(settings, TRIES)))
    finally:
        instance.down(settings)


if __name__ == "__main__":
    main()
