"""`python -m benchmarks.linked`: measure on a made-up country, print, and write `benchmarks/results/linked.md`.

BENCH_MOVES: moves in the ledger, ten million by default; a day's are one in 3,650 of them.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from benchmarks.machine import load, machine, versions
from benchmarks.measures import national
from operations import instance
from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import database_service
from runtime.database import connect
from runtime.settings import Settings
from schemas.territories import load as load_territories
from streams.measures.linked import recount_linked
from streams.measures.median_windows import recount_medians
from streams.measures.refresh import recount, refresh
from streams.measures.tenancy_survival import recount_survival

MOVES = int(os.environ.get("BENCH_MOVES", "10000000"))
DAYS = 3_650
TRIES = 3
AT_ONCE = 500_000
RESULT = Path(__file__).parents[1] / "results" / "linked.md"
# A departure and the arrival that follows it, pair after pair, in dwellings spread over all places and landlords.
LEDGER = """
INSERT INTO core.move (landlord, move_id, revision, content_hash, received_on, effective_on, cell_id, flow, dwelling,
    direction, status, date_precision, location_method, location_quality, rooms, reason, place, notice_received_on,
    tenancy_started_on)
SELECT landlord, md5(%(salt)s || one.n)::uuid, 1, '', day, day, cell_id, 0,
    md5(position || '/' || pair / places %% dwellings)::uuid, direction, 'effective', 'day', 'code',
    'certain', 'T3', CASE direction WHEN 'out' THEN 'emploi' ELSE 'relocation' END, 'unknown',
    CASE direction WHEN 'out' THEN day - 60 END, CASE direction WHEN 'out' THEN day - drawn %% 6000 END
FROM (SELECT n, n / 2 AS pair, hashint8(n / 2) & 2147483647 AS drawn,
          CASE n %% 2 WHEN 0 THEN 'out' ELSE 'in' END AS direction
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n) AS one
CROSS JOIN (SELECT count(*) AS places FROM public.owned) AS owned
JOIN public.owned AS place ON position = drawn / 60 %% places
CROSS JOIN LATERAL (SELECT {left} + CASE direction WHEN 'in' THEN 5 + drawn %% 60 ELSE 0 END AS day) AS dated
"""
# When somebody left: on any day of the ten years, and in what comes in on a real day within the 60 days that were
# declared last, but for one pair in fifty.
ANY_DAY = f"(date '{national.FIRST_YEAR}-01-01' + (drawn %% {DAYS - 80})::integer)"
LATELY = f"""CASE WHEN pair %% 50 = 0 THEN {ANY_DAY}
    ELSE date '{national.DECLARED}' - 5 - (drawn %% 60)::integer END"""
STARTED = """
UPDATE core.stock_cell SET tenancies_by_start_year =
    (SELECT jsonb_object_agg(extract(year FROM stock_on) - age, 1 + age %% 3) FROM generate_series(1, 40) AS age)
"""


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)


class Times:
    """What was measured: a label, and seconds."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float]] = []

    @contextmanager
    def of(self, label: str) -> Iterator[None]:
        """Measure what is done inside."""
        start = perf_counter()
        yield
        self.rows.append((label, perf_counter() - start))
        say(f"{label}: {self.rows[-1][1]:.2f} s")


def fill(connection: psycopg.Connection[Any], first: int, last: int, *, salt: str = "a", left: str = ANY_DAY) -> None:
    """Write moves of these numbers into the ledger."""
    for start in range(first, last, AT_ONCE):
        wanted = {"salt": salt, "first": start, "last": min(start + AT_ONCE, last) - 1}
        connection.execute(LEDGER.format(left=left), wanted)


def measure(settings: Settings, times: Times) -> dict[str, int]:
    """Make the country, and measure on it; return the rows of each table."""
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute(national.TERRITORIES)
        connection.execute(national.STOCKS)
        connection.execute(STARTED.replace("%%", "%"))
        say(f"writing {MOVES:,} moves ...")
        fill(connection, 0, MOVES)
        connection.execute("GRANT SELECT ON public.owned TO ingest")
        connection.execute("VACUUM ANALYZE core.move")
        connection.execute("ANALYZE")
    with connect(settings, "ingest", autocommit=True) as connection:
        with times.of("everything counted again, measures of facts and stocks included"):
            recount(connection)
        connection.execute("SET work_mem = '256MB'")
        parts: dict[str, Callable[[psycopg.Cursor[Any]], None]] = {
            "moves by dwelling made again from the ledger, re-lettings, voids, tenures and notices": recount_linked,
            "the same, moves by dwelling being there": lambda cursor: recount_linked(cursor, from_ledger=False),
            "medians": recount_medians,
            "survival": recount_survival,
        }
        for label, part in parts.items():
            with times.of(label), connection.transaction(), connection.cursor() as cursor:
                part(cursor)
        connection.execute("RESET work_mem")
        take_up(settings, connection, times)
        tables = ("dwelling_move", "void_month", "tenure_month", "median_window", "running_tenancies", "survival")
        rows = {one: int(connection.execute(f"SELECT count(*) FROM core.{one}").fetchall()[0][0]) for one in tables}
    with connect(settings, "migrator", autocommit=True) as connection:
        some = min(MOVES, AT_ONCE)
        with times.of(f"{some:,} moves inserted into the ledger with the index on recorded_in"):
            fill(connection, 0, some, salt="c")
        connection.execute("DROP INDEX core.move_recorded_in_idx")
        with times.of(f"{some:,} moves inserted without it"):
            fill(connection, 0, some, salt="d")
    return rows


def take_up(settings: Settings, connection: psycopg.Connection[Any], times: Times) -> None:
    """Measure days of moves and declarations: real ones, then days of moves of all ten years."""
    size = max(MOVES // DAYS, 2)
    names = {LATELY: "of the last 60 declared days, but for one pair in 50", ANY_DAY: "of all ten years"}
    for day in range(2 * TRIES):
        left = (LATELY, ANY_DAY)[day // TRIES]
        with connect(settings, "migrator", autocommit=True) as writer:
            first = MOVES + day * size
            fill(writer, first, first + size, salt="b", left=left)
            writer.execute(national.DECLARATIONS_OF_A_DAY, {"day": day})
        with times.of(f"a day's {size:,} moves {names[left]}, and 15 declarations, taken up, everything included"):
            refresh(connection)


def write(times: Times, rows: dict[str, int], where: str) -> None:
    """Write the result."""
    command = f"`BENCH_MOVES={MOVES} python -m benchmarks.linked`, {datetime.now(UTC).date()}"
    size = f"{national.QPVS:,} quartiers, {national.COMMUNES:,} communes, {national.YEARS} years of months"
    lines = [
        "# Linked moves of the whole country",
        "",
        f"{command}: {machine()}, {where}, {load()}. {size}.",
        "",
        "| what | seconds |",
        "|---|---:|",
        *(f"| {label} | {seconds:.2f} |" for label, seconds in times.rows),
        "",
        "| table | rows |",
        "|---|---:|",
        *(f"| `core.{table}` | {n:,} |" for table, n in rows.items()),
        "",
    ]
    RESULT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def main() -> None:
    """Run everything on a fresh instance `bench-linked`."""
    settings = Settings.load("bench-linked")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    database_service.start(settings, say)
    try:
        migrate(settings)
        with connect(settings, "migrator") as connection:
            load_reference(connection, load_territories())
        times = Times()
        rows = measure(settings, times)
        with connect(settings, "ingest") as connection:
            where = versions(connection)
        write(times, rows, where)
    finally:
        instance.down(settings)


if __name__ == "__main__":
    main()
