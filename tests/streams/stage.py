"""A database to commit to, and events to send, without any broker: topics are lists, offsets are counted here."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import orjson
import psycopg

from operations.verify import verify
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic
from schemas.events.receipts import ReceiptEvent
from schemas.events.rules import Rules
from schemas.territories import load
from streams.counters.windows import start_windows
from streams.ingest.cells import Cells
from streams.ingest.commit import Batch, commit_batch, make_ready, prepare_connection
from streams.ingest.decode import Message, decode

SIRENS = ("900000001", "900000002")
TODAY = date(2026, 3, 15)
TYPES = {
    "out": "fr.data-quartiers.tenancy.move-out.v1",
    "in": "fr.data-quartiers.tenancy.move-in.v1",
    "stock": "fr.data-quartiers.stock.v1",
    "declaration": "fr.data-quartiers.declaration.v1",
    "counts": "fr.data-quartiers.counts.v1",
}
PATIENCE = 30.0
WRITTEN = (
    "core.move core.fact core.daily_counter core.monthly_counter core.rolling_counter core.ingest_offset "
    "core.quarantine core.tally core.outbox core.stock_cell core.stock_counter core.stock core.declaration "
    "core.counts core.counts_cell core.cell_month core.landlord_month core.observed_month core.complete_through "
    "core.folded core.tombstone core.backfill "
    "core.dwelling_move core.kept_by core.void_month core.tenure_month core.linked_base core.median_window "
    "core.running_tenancies core.january core.landlord_departures core.landlord_year core.survival "
    "core.alert_feedback core.alert_step core.alert core.expected_month core.alert_family core.detection_run"
).split()
Event = dict[str, Any]


@cache
def known_rules() -> Rules:
    """Return the rules, made once: territories are read from files."""
    return Rules(load())


def event(siren: str, kind: str, data: dict[str, Any]) -> Event:
    """Return an event of a landlord; `kind` is out, in, stock or declaration."""
    envelope = {"specversion": "1.0", "id": "e", "source": f"urn:siren:{siren}", "time": "2026-03-09T08:12:44Z"}
    return {**envelope, "type": TYPES[kind], "data": data}


def move(siren: str = SIRENS[0], number: int = 1, direction: str = "out", **changes: Any) -> Event:
    """Return a valid move, in Toulouse, outside any QPV."""
    data = {
        "move_id": str(UUID(int=number)),
        "revision": 1,
        "status": "effective",
        "effective_on": "2026-03-02",
        "dwelling": str(UUID(int=1000 + number)),
        "commune": "31555",
    }
    return event(siren, direction, data | changes)


def declaration(siren: str = SIRENS[0], **changes: Any) -> Event:
    """Return a valid declaration of the whole stock."""
    data = {"complete_through": "2026-02-28", "scope": "whole_stock", "revision": 1}
    return event(siren, "declaration", data | changes)


def counts(*cells: dict[str, Any], siren: str = SIRENS[0], **changes: Any) -> Event:
    """Return valid counts of February."""
    return event(siren, "counts", {"month": "2026-02", "revision": 1, "cells": list(cells)} | changes)


def stock(*cells: dict[str, Any], siren: str = SIRENS[0], **changes: Any) -> Event:
    """Return a valid stock of these cells."""
    return event(siren, "stock", {"stock_on": "2026-01-01", "revision": 1, "cells": list(cells)} | changes)


def message(offset: int, events: Sequence[Event], *, siren: str = SIRENS[0], day: date = TODAY) -> Message:
    """Return a message at an offset of the landlord's topic, received at noon of a day; a batch unless one event."""
    payload = orjson.dumps(list(events) if len(events) != 1 else events[0])
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Message(moves_topic(siren), 0, offset, noon.timestamp(), payload)


class Stage:
    """The database of a test, written as a worker would and read as an auditor would."""

    def __init__(self, settings: Settings, connection: psycopg.Connection[Any]) -> None:
        self.settings = settings
        self.connection = connection
        self.rules = known_rules()
        self.cells = Cells(lambda: connect(settings, "ingest"))
        self._auditor = connect(settings, "ingest", autocommit=True)
        prepare_connection(connection)
        self.restart()

    def close(self) -> None:
        """Give the connections back."""
        self._auditor.close()
        if self.cells._connection is not None:
            self.cells._connection.close()

    def restart(self, as_of: date = TODAY) -> None:
        """Throw all written rows away and set the windows to a day. Deleting few rows is faster than TRUNCATE."""
        with self.connection.transaction():
            for table in WRITTEN:
                self.connection.execute(f"DELETE FROM {table}")
            self.connection.execute("UPDATE core.measure_state SET taken_up_to = 0")
            self.connection.execute("UPDATE core.retention SET (folded_before, last_run_on) = ('1900-01-01', NULL)")
        start_windows(self.connection, as_of)

    def batch(self, *messages: Message) -> Batch:
        """Decode and pack a take of messages."""
        return Batch([make_ready(decode(item, self.rules), self.cells) for item in messages], self.cells)

    def take(self, *messages: Message) -> int:
        """Commit a take of messages as the worker does; return how many were new."""
        return commit_batch(self.connection, self.batch(*messages)).new

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return what an auditor reads, in a connection that writes nothing."""
        return self._auditor.execute(query, parameters).fetchall()

    def receipts(self) -> list[dict[str, Any]]:
        """Return what the receipts that wait say, in order, each with its `id`; all have the published shape."""
        rows = self.rows("SELECT message_id, payload FROM core.outbox ORDER BY outbox_id")
        return [said(bytes(payload), identity) for identity, payload in rows]

    def assert_counters_equal_a_recount(self) -> None:
        """Fail with the differences if a counter is not its recount."""
        verdict = verify(self._auditor)
        assert verdict.equal, verdict.differences

    def everything(self) -> dict[str, list[str]]:
        """Return every written row as text: to see that nothing changed."""
        return {table: sorted(str(row) for row in self.rows(f"SELECT * FROM {table}")) for table in WRITTEN}

    @contextmanager
    def another_worker(self) -> Iterator[psycopg.Connection[Any]]:
        """A second session of the worker's role, ready to commit."""
        with connect(self.settings, "ingest", autocommit=True) as other:
            prepare_connection(other)
            yield other

    def another_connection(self) -> psycopg.Connection[Any]:
        """A connection of the worker's role; whoever asks closes it."""
        return connect(self.settings, "ingest")

    def wait_until_blocked(self, waiting: psycopg.Connection[Any], by: psycopg.Connection[Any]) -> str:
        """Return the kind of lock on which one session waits for the other; fail if it never does."""
        query = (
            "SELECT wait_event FROM pg_stat_activity "
            "WHERE pid = %s AND wait_event_type = 'Lock' AND %s = ANY(pg_blocking_pids(pid))"
        )
        found = until(lambda: self.rows(query, waiting.info.backend_pid, by.info.backend_pid))
        return str(found[0][0])


def said(payload: bytes, identity: str) -> dict[str, Any]:
    """Return the data of a receipt with its `id`; fail unless it has exactly the published shape."""
    receipt = json.loads(payload)
    published = ReceiptEvent.model_validate_json(payload).model_dump(mode="json")
    assert receipt | {"time": None} == published | {"time": None}
    assert receipt["id"] == identity
    return {**receipt["data"], "id": receipt["id"]}


def until(condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Return the condition's value as soon as it is true; fail when patience ends."""
    deadline = monotonic() + patience
    while not (found := condition()):
        assert monotonic() < deadline, "the condition never came true"
        sleep(0.01)
    return found
