"""`python -m benchmarks.mutated`: good and mutated events in turn through the worker's pipeline and its database.

Both kinds take turns, take by take, in one process, so that whatever else the machine does weighs on both. Writes
`benchmarks/results/mutated.md`; ends with code 1 if mutants are slower than half.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.machine import machine, versions
from operations.migrate import migrate
from operations.reference import load_reference
from operations.services import database_service
from operations.verify import verify
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.conformance.events import SIREN
from schemas.conformance.mutations import batches, clean_batches
from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.pipeline import Pipeline
from streams.worker_settings import TAKE_MESSAGES

EVENTS = int(os.environ.get("BENCH_MUTANTS", "100000"))
RESULT = Path(__file__).parents[1] / "results" / "mutated.md"
LEAST = 0.5
Messages = Iterator[tuple[bytes, int]]


class Record(NamedTuple):
    """A record as Faust hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    value: bytes


@dataclass
class Handed:
    """A Faust event, as far as the pipeline looks at it."""

    message: Any

    def ack(self) -> bool:
        """Take note of nothing: there is no broker here."""
        return True


class Lane:
    """Messages of one kind, on a topic of their own, and the time that they took."""

    def __init__(self, siren: str, messages: Messages) -> None:
        self._topic = moves_topic(siren)
        self._messages = ((payload.replace(SIREN.encode(), siren.encode()), n) for payload, n in messages)
        self._offset = 0
        self.events = 0
        self.seconds = 0.0

    async def take(self, pipeline: Pipeline) -> bool:
        """Commit one take; return whether there was one."""
        taken: list[Handed] = []
        for payload, n in islice(self._messages, TAKE_MESSAGES):
            taken.append(Handed(Record(self._topic, 0, self._offset, time.time(), payload)))
            self._offset += 1
            self.events += n
        started = time.perf_counter()
        await pipeline.submit(taken)
        await pipeline.drain()
        self.seconds += time.perf_counter() - started
        return bool(taken)

    @property
    def rate(self) -> float:
        """Events per second."""
        return self.events / self.seconds


async def race(pipeline: Pipeline, lanes: Sequence[Lane]) -> None:
    """Let the lanes take turns until all are empty."""
    while any([await lane.take(pipeline) for lane in lanes]):
        pass


def measured(settings: Settings) -> dict[str, tuple[Lane, Lane]]:
    """Return (good, mutated) of batches and of messages of one event."""
    pipeline = Pipeline(lambda: connect(settings, "ingest"), Rules(load()))
    alone = EVENTS // 5
    races = {
        "batches of 100": (clean_batches(EVENTS, 1), batches(EVENTS, 2)),
        "one event a message": (clean_batches(alone, 3, size=1, first=EVENTS), batches(0, 4, of_bytes=alone)),
    }
    found = {}
    for number, (name, (good, bad)) in enumerate(races.items()):
        lanes = Lane(f"90000001{number}", good), Lane(f"90000002{number}", bad)
        asyncio.run(race(pipeline, lanes))
        found[name] = lanes
    return found


def write(found: dict[str, tuple[Lane, Lane]], where: str, *, equal: bool) -> bool:
    """Print the table and keep it; return whether mutants are fast enough."""
    rows = [
        f"| {name} | {good.events:,} | {good.rate:,.0f} | {bad.rate:,.0f} | **{bad.rate / good.rate:.2f}** |"
        for name, (good, bad) in found.items()
    ]
    text = f"""# Mutated events beside good ones

Measured on {datetime.now(UTC):%Y-%m-%d} by `python -m benchmarks.mutated`: {machine()}. {where}.

Good and mutated events take turns, {TAKE_MESSAGES} messages a take, through the worker's decoding and its database
(no broker). In batches every event is spoilt and still JSON: wrong types, huge numbers, deep nesting, keys dropped,
renamed or doubled. Alone they are bytes flipped, cut, put in twice, or in another encoding. Seeds are fixed
(`schemas/conformance/mutations.py`).

| messages | events of each kind | good, events/s | mutated, events/s | ratio |
|---|---|---|---|---|
{chr(10).join(rows)}

`quartiers verify` afterwards: {"equal" if equal else "NOT EQUAL"}. Least ratio allowed: {LEAST}.
"""
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    return equal and all(bad.rate >= LEAST * good.rate for good, bad in found.values())


def main() -> None:
    """Run on a fresh database of the instance `bench`."""
    settings = Settings.load(os.environ.get("QUARTIERS_BENCH_INSTANCE", "bench"))
    database_service.start(settings, lambda text: print(text, file=sys.stderr))
    try:
        with connect(settings, "postgres", "postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {settings.database_name} WITH (FORCE)")
        migrate(settings)
        with connect(settings, "migrator") as connection:
            load_reference(connection, load())
        found = measured(settings)
        with connect(settings, "ingest") as connection:
            equal = verify(connection).equal
            fast_enough = write(found, versions(connection), equal=equal)
    finally:
        database_service.stop(settings)
    sys.exit(0 if fast_enough else 1)


if __name__ == "__main__":
    main()
