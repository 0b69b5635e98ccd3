"""Fill a database with the synthetic region as its landlords published it, without a broker.

Invariant: messages are taken in the order of their instants and through the worker's own commit, so that each fact
bears the day on which it would have been received.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

from operations.backfill import open_first_windows
from producers.region import Region
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.chunks import FactChunks
from streams.counters.windows import start_windows
from streams.ingest.cells import Cells
from streams.ingest.commit import Batch, commit_batch, make_ready, prepare_connection
from streams.ingest.decode import Message, decode

TAKE = 2_000
"""Events a transaction."""
_NAME = """
INSERT INTO core.landlord (siren, name) VALUES (%s, %s) ON CONFLICT (siren) DO UPDATE SET name = excluded.name
"""


def fill(settings: Settings, region: Region, span: tuple[date, date], tell: Callable[[int], None]) -> int:
    """Take everything that the region publishes from the first day of `span` to the second (excluded).

    `tell` is told how many events were taken so far. Returns their number. Windows end on the second day.
    """
    rules = Rules(load())
    offsets: Counter[str] = Counter()
    waiting: list[Message] = []
    held = taken = 0
    chunks = FactChunks(lambda: connect(settings, "ingest"))
    for year in range(span[0].year, span[1].year + 1):
        chunks.ensure(date(year, 1, 1))
    with (
        connect(settings, "ingest", autocommit=True) as connection,
        connect(settings, "ingest", autocommit=True) as beside,
    ):
        cells = Cells(lambda: beside)
        prepare_connection(connection)
        enrol(connection, region, span)
        for one in region.publications():
            topic = moves_topic(one.landlord)
            waiting.append(Message(topic, 0, offsets[topic], one.published_at.timestamp(), one.payload))
            offsets[topic] += 1
            held += one.events
            if held >= TAKE:
                _take(connection, waiting, rules, cells)
                taken, held, waiting = taken + held, 0, []
                tell(taken)
        _take(connection, waiting, rules, cells)
        tell(taken + held)
        start_windows(connection, span[1])
    return taken + held


def enrol(connection: psycopg.Connection[Any], region: Region, span: tuple[date, date]) -> None:
    """Name the landlords, and let each send what is as old as its history, as long as it lasts."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(_NAME, [(one.siren, one.name) for one in region.landlords])
        open_first_windows(connection, [one.siren for one in region.landlords], span[0], (span[1] - span[0]).days + 1)


def _take(connection: psycopg.Connection[Any], messages: list[Message], rules: Rules, cells: Cells) -> None:
    commit_batch(connection, Batch([make_ready(decode(one, rules), cells) for one in messages], cells))
