"""`make bench`: the whole country's measures; writes `benchmarks/results/measures.md`."""

import math
import os
import shutil
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import load, machine, versions
from benchmarks.measures import national
from operations import instance
from operations.migrate import migrate
from operations.services import database_service
from runtime.database import connect
from runtime.settings import Settings
from streams.measures.refresh import recount, refresh

MOVES = int(os.environ.get("BENCH_MOVES", "10000000"))
A_DAY = max(MOVES // national.A_DAY, 2)
DAYS = 5
TRIES = 25
RESULT = Path(__file__).parents[1] / "results" / "measures.md"
SERIES = """
SELECT * FROM core.observed_window JOIN core.territory USING (territory_id)
WHERE level = 'qpv_2024' AND code = 'N800' AND part = 'all' AND window_months = 12 ORDER BY month
"""
MAP = """
SELECT code, departures, dwellings FROM core.territory
JOIN core.complete_through USING (territory_id)
JOIN core.observed_window USING (territory_id, part, month)
WHERE level = 'qpv_2024' AND part = 'all' AND window_months = 12
"""


class Measured(NamedTuple):
    """A query's rows and its times in milliseconds, sorted."""

    name: str
    rows: int
    times: list[float]

    @property
    def p95(self) -> float:
        """The time that 95 % of the tries do not exceed."""
        return self.times[math.ceil(0.95 * len(self.times)) - 1]


def timed(work: Callable[[], object]) -> float:
    """Return how many seconds some work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def seed(settings: Settings) -> int:
    """Write the country; return how many (place, landlord) have dwellings."""
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute(national.TERRITORIES)
        connection.execute(national.STOCKS)
        owned: int = connection.execute("SELECT count(*) FROM public.owned").fetchall()[0][0]
        for year in range(national.YEARS):
            first = year * MOVES // national.YEARS
            wanted = {"first": first + 1, "last": first + MOVES // national.YEARS, "owned": owned}
            when = national.OF_A_YEAR.format(year=national.FIRST_YEAR + year)
            connection.execute(national.moves(when), wanted)
        connection.execute("VACUUM ANALYZE")  # what autovacuum does within minutes
    return owned


def a_day(settings: Settings, day: int, when: str, owned: int) -> None:
    """Write the moves and the declarations of a day: the days from 0 to 29 have landlords each of their own."""
    first = MOVES + day * A_DAY
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute(national.moves(when), {"first": first + 1, "last": first + A_DAY, "owned": owned})
        connection.execute(national.DECLARATIONS_OF_A_DAY, {"day": day})


def ask(settings: Settings) -> list[Measured]:
    """Ask what series and maps ask."""
    found = []
    with connect(settings, "ingest", autocommit=True) as connection:
        for name, query in (("series of a quartier, 12-month windows", SERIES), ("map of all quartiers", MAP)):
            rows, times = 0, []
            for _ in range(TRIES):
                started = time.perf_counter()
                rows = len(connection.execute(query).fetchall())
                times.append((time.perf_counter() - started) * 1000)
            found.append(Measured(name, rows, sorted(times)))
    return found


def measure(settings: Settings, owned: int) -> str:
    """Return the text of the result."""
    with connect(settings, "ingest", autocommit=True) as connection:
        first = timed(lambda: recount(connection))
        again = timed(lambda: recount(connection))
        rows = connection.execute(
            "SELECT (SELECT count(*) FROM core.cell_month), (SELECT count(*) FROM core.observed_month)"
        ).fetchall()[0]
        where = versions(connection)
        days: dict[str, list[float]] = {}
        for day in range(2 * DAYS):
            when = (national.OF_A_DAY, national.OF_ANY_MONTH)[day // DAYS]
            a_day(settings, day, when, owned)
            days.setdefault(when, []).append(timed(lambda: refresh(connection)))
    with connect(settings, "migrator", autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    asked = "\n".join(
        f"| {one.name} | {one.rows} | {statistics.median(one.times):.1f} | {one.p95:.1f} |" for one in ask(settings)
    )
    names = ("of the last 60 declared days, but for one in 50, of any month", "of any month of the ten years")
    taken_up = "\n".join(
        f"| a day's {A_DAY:,} events {name}, and 15 declarations, taken up: median of {DAYS}, and the slowest | "
        f"{statistics.median(times):.2f}, {max(times):.2f} | 1 |"
        for name, times in zip(names, days.values(), strict=True)
    )
    return f"""# Measures: the whole country, ten years

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.measures` (in `make bench`): {machine()},
{load()}. {where}.

{MOVES:,} moves in the facts, {national.QPVS:,} quartiers in {national.COMMUNES} communes, {national.LANDLORDS}
landlords with a stock a year and a declaration a month, {owned:,} pairs of place and landlord. Made: {rows[0]:,} rows
by cell, {rows[1]:,} by territory. Re-lettings, notices and medians need the ledger and have a benchmark of their own.

| work | seconds | goal |
|---|---|---|
| everything counted from nothing, tables empty | {first:.1f} | 60 |
| everything counted again, tables full | {again:.1f} | 60 |
{taken_up}

| query | rows | median ms | p95 ms |
|---|---|---|---|
{asked}
"""


def main() -> None:
    """Run everything on a fresh instance."""
    settings = Settings.load("bench-measures")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    database_service.start(settings, print)
    try:
        migrate(settings)
        text = measure(settings, seed(settings))
        RESULT.write_text(text, encoding="utf-8")
        print(text)
    finally:
        instance.down(settings)


if __name__ == "__main__":
    main()
