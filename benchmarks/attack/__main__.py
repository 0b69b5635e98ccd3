"""Publish the synthetic region month by month, attack all vintages at once, and write `benchmarks/results/attack.md`.

`python -m benchmarks.attack`: an outsider, then each of the largest landlords with its own moves. BENCH_SCALE and
BENCH_VINTAGES make it smaller.
"""

import os
import shutil
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.machine import machine
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
from schemas.secrecy import load_rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.measures.refresh import recount
from streams.publication.base import first_day, number
from streams.publication.publish import publish
from tests.attack.intervals import Aim, attack
from tests.attack.knowledge import BEYOND, Breakdown, own_moves, protection_of, public_geography, published_figures
from tests.attack.system import build

START, END = date(2023, 1, 1), date(2026, 1, 1)
SCALE = float(os.environ.get("BENCH_SCALE", "1"))
VINTAGES = int(os.environ.get("BENCH_VINTAGES", "24"))
LANDLORDS = 3
TAKE = 80
RESULT = Path(__file__).parents[1] / "results" / "attack.md"


def seed(settings: Settings) -> None:
    """Commit the region's three years as a worker would, and take its measures up."""
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    region = simulate(START, END, seed=2026, scale=SCALE)
    with connect(settings, "ingest", autocommit=True) as connection, connection.cursor() as cursor:
        names = [(one.siren, one.name) for one in region.landlords]
        cursor.executemany("INSERT INTO core.landlord (siren, name) VALUES (%s, %s)", names)
    for siren, publications in region.publications_by_landlord().items():
        messages = [
            Message(moves_topic(siren), 0, offset, one.published_at.timestamp(), one.payload)
            for offset, one in enumerate(as_upload(publications))
        ]
        for first in range(0, len(messages), TAKE):
            pipeline.commit(pipeline.prepare(messages[first : first + TAKE]))
    with connect(settings, "ingest", autocommit=True) as connection:
        recount(connection)


def make_vintages(connection: psycopg.Connection[Any]) -> list[float]:
    """Publish the months that end with the region's last but one; return the seconds each took."""
    last = number(END) - 2
    taken = []
    for month in range(last - VINTAGES + 1, last + 1):
        started = time.perf_counter()
        publish(connection, load_rules(), first_day(month))
        taken.append(time.perf_counter() - started)
        print(f"{first_day(month):%Y-%m} {taken[-1]:.0f} s", file=sys.stderr, flush=True)
    return taken


def attack_all(settings: Settings) -> list[str]:
    """Attack as an outsider and as landlords; return the lines of the table."""
    with connect(settings, "ingest") as connection:
        beyond = [code for (code,) in connection.execute(BEYOND).fetchall()]
        largest = connection.execute(
            "SELECT landlord FROM core.cell_month GROUP BY 1 ORDER BY sum(departures) DESC LIMIT %s", (LANDLORDS,)
        ).fetchall()
        geography = public_geography(load(), beyond)
        owners = [own_moves(connection, landlord, geography) for (landlord,) in largest]
    with connect(settings, "public_reader") as connection:
        figures = published_figures(connection)
        protection, threshold = protection_of(connection)
    lines = []
    for measure in ("departures", "arrivals"):
        for rank, own in enumerate((None, *owners)):
            started = time.perf_counter()
            system = build(figures, geography, Breakdown(measure), own, implied=own is None)
            result = attack(system, Aim(protection))
            narrow = result.narrow(protection, threshold)
            small = [one for one in narrow if one.low - system.known(one.target) < threshold]
            found = [one for one in small if own is None or " 12 mois " in one.target.name]
            undecided = sum(not one.decided for one in result.intervals)
            narrowest = min(one.width for one in result.intervals if one.target.listed and one.decided)
            mine = figures[figures["measure"] == measure]
            told = f"{(mine['low'].notna()).sum():,} of {len(mine):,}"
            who = f"landlord {rank}" if own else "outsider"
            seconds = time.perf_counter() - started
            size = f"{result.unknowns:,} | {len(system.rows):,} | {len(result.intervals):,} | {result.programmes:,}"
            months, beside = len(small) - len(found), len(narrow) - len(small)
            outcome = f"{narrowest:.0f} | {undecided} | {len(found)} | {months} | {beside} | {seconds:.0f}"
            lines.append(f"| {who} | {measure} | {told} | {size} | {outcome} |")
            print(lines[-1], file=sys.stderr, flush=True)
            for one in found[:10]:
                print(f"  {one.target.name}: {one.low} to {one.high}", file=sys.stderr, flush=True)
    return lines


def report(lines: list[str], slowest: float) -> str:
    """Return the page of results; `slowest`: the seconds that the slowest vintage took."""
    table = "\n".join(lines)
    return f"""# Attack on the published layer

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.attack`: {machine()}.

The synthetic region at scale {SCALE:g}, {VINTAGES} monthly vintages (the slowest took {slowest:.0f} s to make),
attacked all at once by linear programmes: what `public_reader` reads, and what a landlord knows besides. A secret is
found when its interval is narrower than the protection that is published with the rules. Secrets: counts that are
listed as secret, and those that no figure names (single months of places of which longer windows alone are shown, land
of one generation of quartiers). A landlord finds one where others have less than the threshold beside it, over 12
months; `months`: so many windows of 1 and 3 months besides, which are protected from the public only; `beside`: hidden
for the sake of another count, others have the threshold or more. `narrowest`: the least interval of a listed one,
looked for as far as the protection.

| attacker | measure | shown | unknowns | rows | secrets | runs | narrowest | undecided | found | months | beside | s |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
{table}
"""


def main() -> None:
    """Run everything on a fresh instance `bench-attack`."""
    settings = Settings.load("bench-attack")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    database_service.start(settings, print)
    try:
        migrate(settings)
        with connect(settings, "migrator") as connection:
            load_reference(connection, load())
        with connect(settings, "ingest", autocommit=True) as connection:
            start_windows(connection, END)
        seed(settings)
        with connect(settings, "ingest", autocommit=True) as connection:
            taken = make_vintages(connection)
        lines = attack_all(settings)
    finally:
        instance.down(settings)
    text = report(lines, max(taken))
    RESULT.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
