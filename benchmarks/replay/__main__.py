"""`make bench`: run the measurements, print them, and write `benchmarks/results/replay.md`."""

import os
import shutil
import statistics
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.machine import machine, versions
from benchmarks.replay import measure
from benchmarks.replay.events import history
from operations import instance
from operations.backfill import open_first_windows
from operations.verify import verify
from producers.region.landlords import roster
from runtime.broker import enrol_landlords
from runtime.database import connect
from runtime.settings import Settings

EVENTS = int(os.environ.get("BENCH_EVENTS", "1000000"))
TRIES = 200
RESULT = Path(__file__).parents[1] / "results" / "replay.md"


def say(text: str) -> None:
    """Tell how far the run is."""
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    """Run everything on a fresh instance `bench`, everything on this machine."""
    settings = Settings.load("bench")
    instance.down(settings)
    shutil.rmtree(settings.instance_dir, ignore_errors=True)
    instance.start_services(settings, say)
    try:
        instance.prepare(settings)
        sirens = [one.siren for one in roster()]
        enrol_landlords(settings, sirens)
        with connect(settings, "ingest") as connection:
            open_first_windows(connection, sirens, datetime.now(UTC).date() - timedelta(days=1))
        say(f"making {EVENTS:,} events ...")
        messages = list(history(EVENTS))
        rows = measure.packed_rows(settings, messages)
        say(f"publishing {len(messages):,} messages ...")
        measure.publish(settings, messages)
        before = measure.bare_copy(settings, rows)
        say(f"bare COPY: {before:,.0f} rows/s; replaying ...")
        rate, memory = measure.replay(settings, len(messages))
        say(f"replay: {rate:,.0f} events/s")
        after = measure.bare_copy(settings, rows)
        waits = sorted(measure.latencies(settings, roster()[0].siren, TRIES))
        with connect(settings, "ingest") as connection:
            verdict = verify(connection)
            where = versions(connection)
        write(before, rate, after, memory, waits, verdict.equal, len(rows), where)
    finally:
        instance.down(settings)


def write(
    before: float,
    rate: float,
    after: float,
    memory: measure.Memory,
    waits: list[float],
    equal: bool,
    rows: int,
    where: str,
) -> None:
    """Print the table and keep it."""
    bare = statistics.mean((before, after))
    text = f"""# Replay: Kafka to committed counters

Measured on {datetime.now(UTC):%Y-%m-%d} by `make bench`, all in one run on one machine: {machine()}; broker, database and
worker share it. {where}, Kafka 4.3.0.

{EVENTS:,} events in messages of 500, 25 landlords, five years: 97 % new moves, 2 % corrections, 0.9 % repeats, 0.1 % refused.
Everything on: SCRAM and ACLs, validation, rules, quarantine, receipts, facts, daily, monthly and rolling counters of the whole
ladder (both QPV generations, commune, EPCI, département, région).

| measurement | result |
|---|---|
| bare binary COPY of the same {rows:,} rows, same key, before and after the replay | {before:,.0f} and {after:,.0f} rows/s |
| replay, one worker, from its first commit to its last | {rate:,.0f} events/s |
| **ratio** | **{rate / bare:.3f}** |
| resident memory of the worker, median of the first, second and last third, and peak | {memory.third(0):.0f}, {memory.third(1):.0f}, {memory.third(2):.0f}, {memory.peak:.0f} MB |
| one event on an idle system, `send` to committed counter, {len(waits)} tries: median, p99, worst | {statistics.median(waits) * 1000:.0f}, {waits[int(len(waits) * 0.99) - 1] * 1000:.0f}, {waits[-1] * 1000:.0f} ms |
| `quartiers verify` afterwards | {"equal" if equal else "NOT EQUAL"} |
"""  # noqa: E501
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(text)
    if not equal:
        sys.exit(1)


if __name__ == "__main__":
    main()
