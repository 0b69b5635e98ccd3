"""The four measurements: bare COPY, replay, resident memory, latency on an idle system."""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import orjson
import psycopg

from operations.services import worker_service
from producers.publisher import Publisher
from runtime.broker import landlord_connection
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.horizon import AnyHorizon
from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.cells import Cells
from streams.ingest.commit import Batch, make_ready
from streams.ingest.decode import Message, decode
from streams.ledger.rows import COLUMNS, COPY_HEADER, COPY_TRAILER, TEXT_COLUMNS

COPY_CHUNK = 20_000
BARE = f"""
DROP TABLE IF EXISTS bare_copy;
CREATE TABLE bare_copy (
    seq integer NOT NULL, move_id uuid NOT NULL, revision bigint NOT NULL, content_hash bytea NOT NULL,
    received_on date NOT NULL, effective_on date NOT NULL, cell_id integer NOT NULL, dwelling uuid NOT NULL,
    flow smallint, notice_received_on date, tenancy_started_on date, landlord text NOT NULL,
    {", ".join(f"{name} text" for name in TEXT_COLUMNS)}, PRIMARY KEY (move_id, landlord)
)
"""


def packed_rows(settings: Settings, messages: Sequence[tuple[str, bytes]]) -> list[bytes]:
    """Return the rows that the worker would send for these messages, one a move."""
    rules = Rules(load(), horizon=AnyHorizon())
    cells = Cells(lambda: connect(settings, "ingest"))
    now = time.time()
    ready = [
        make_ready(decode(Message(moves_topic(siren), 0, n, now, payload), rules), cells)
        for n, (siren, payload) in enumerate(messages)
    ]
    return Batch(ready, cells).layers[0]


def bare_copy(settings: Settings, rows: Sequence[bytes]) -> float:
    """Return rows per second of binary COPY into an empty table with the ledger's key, nothing else done."""
    with connect(settings, "migrator") as connection:
        connection.execute(BARE)
        connection.commit()
        statement = f"COPY bare_copy ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)"
        chunks = [
            b"".join((COPY_HEADER, *rows[i : i + COPY_CHUNK], COPY_TRAILER)) for i in range(0, len(rows), COPY_CHUNK)
        ]
        started = time.perf_counter()
        for chunk in chunks:
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(chunk)
            connection.commit()
        seconds = time.perf_counter() - started
        connection.execute("DROP TABLE bare_copy")
    return len(rows) / seconds


def publish(settings: Settings, messages: Sequence[tuple[str, bytes]]) -> None:
    """Put the messages on their landlords' topics, before anything is timed."""
    publishers: dict[str, Publisher] = {}
    for siren, payload in messages:
        if siren not in publishers:
            publishers[siren] = Publisher(landlord_connection(settings, siren))
        publishers[siren].send(payload, batch=True)
    for publisher in publishers.values():
        with publisher:
            publisher.flush()


@dataclass
class Memory:
    """Resident memory of a process, in MB, sampled every 200 ms."""

    samples: list[float] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """The highest sample."""
        return max(self.samples)

    def third(self, number: int) -> float:
        """Return the median of the first (0), second (1) or last (2) third of the samples."""
        size = max(1, len(self.samples) // 3)
        return statistics.median(self.samples[number * size : (number + 1) * size])


@contextmanager
def watched_memory(pid: int) -> Iterator[Memory]:
    """Sample the resident memory of a process while the block runs."""
    memory, done = Memory(), threading.Event()

    def sample() -> None:
        while not done.wait(0.2):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS"):
                    memory.samples.append(int(line.split()[1]) / 1024)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield memory
    finally:
        done.set()
        thread.join()


def _require(pid: int) -> None:
    if not Path(f"/proc/{pid}").exists():
        raise RuntimeError("the worker died: see its log")


def _done(connection: psycopg.Connection[tuple[int]]) -> tuple[int, int]:
    events = connection.execute("SELECT coalesce(sum(n), 0)::bigint FROM core.tally").fetchall()[0][0]
    offsets = connection.execute("SELECT coalesce(sum(next_offset), 0)::bigint FROM core.ingest_offset").fetchall()
    return events, offsets[0][0]


def replay(settings: Settings, messages: int) -> tuple[float, Memory]:
    """Start a worker and return events per second between its first commit and its last, and its memory.

    The first commit's own events are not counted: its beginning cannot be seen from outside.
    """
    with connect(settings, "ingest", autocommit=True) as connection:
        pid = worker_service.start(settings, 1)
        with watched_memory(pid) as memory:
            while _done(connection)[1] == 0:
                _require(pid)
                time.sleep(0.005)
            started, (before, _) = time.perf_counter(), _done(connection)
            while _done(connection)[1] < messages:
                _require(pid)
                time.sleep(0.02)
            seconds = time.perf_counter() - started
        return (_done(connection)[0] - before) / seconds, memory


def latencies(settings: Settings, siren: str, tries: int) -> list[float]:
    """Return seconds from `send` to the committed counter, one event at a time on an idle system."""
    found = []
    with (
        connect(settings, "ingest", autocommit=True) as connection,
        Publisher(landlord_connection(settings, siren)) as publisher,
    ):
        for _ in range(tries):
            before = _counted(connection, siren)
            payload = _one_move(siren)
            started = time.perf_counter()
            publisher.send(payload, batch=False)
            while _counted(connection, siren) == before:
                time.sleep(0.001)
            found.append(time.perf_counter() - started)
    return found


def _counted(connection: psycopg.Connection[tuple[int]], siren: str) -> int:
    query = (
        "SELECT sum(n) FROM core.rolling_counter JOIN core.territory USING (territory_id) "
        "WHERE level = 'region' AND window_days = 30 AND landlord = %s"
    )
    return connection.execute(query, (siren,)).fetchall()[0][0] or 0


def _one_move(siren: str) -> bytes:
    now = datetime.now(UTC)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"urn:siren:{siren}",
            "type": "fr.data-quartiers.tenancy.move-out.v1",
            "time": now.isoformat(),
            "data": {
                "move_id": str(uuid4()),
                "revision": int(now.timestamp()),
                "status": "effective",
                "effective_on": now.date().isoformat(),
                "dwelling": str(uuid4()),
                "commune": "31555",
                "qpv_2024": "QN03107M",
            },
        }
    )
