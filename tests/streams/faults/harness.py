"""A stage for faults: landlords, a paced publisher, workers to kill, and the one question asked at the end.

The question: is the ledger what the broker's topics say it must be, is each event counted once, does each
message have its receipt, and do all counters equal a recount.
"""

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import MemberToRemove
from kafka.errors import CoordinatorNotAvailableError

from operations import supervisor
from operations.services import broker_service, database_service, worker_service
from operations.services.process import wait_until
from operations.verify import verify
from producers.publisher import Publisher
from runtime.broker import GROUP, admin, client_options, enrol_landlords, landlord_connection
from runtime.database import connect
from runtime.settings import Settings
from runtime.topics import moves_topic, receipts_topic
from tests.conftest import empty
from tests.streams.faults.events import LEDGER, Oracle, Sent, oracle, sirens
from tests.streams.stage import said

PATIENCE = 60.0
PACED = 0.8
"""The part of a plan that is spread over time; the rest is held back until the faults are over."""
WORKERS = 4
SESSIONS = """
SELECT pid, state, wait_event_type, wait_event, (clock_timestamp() - xact_start)::text, left(query, 90)
FROM pg_stat_activity WHERE usename = 'ingest' AND state <> 'idle'
"""
HOLDS_LANDLORDS = """
SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted AND usename = 'ingest'
    AND xact_start < clock_timestamp() - interval '0.4 s'
"""
OUTCOMES = "SELECT outcome, sum(n)::bigint FROM core.tally WHERE landlord = %s GROUP BY 1"
_numbers = itertools.count(step=50)


class CancelledError(Exception):
    """The block beside which messages were published failed: the rest is not wanted."""


class Publishing(threading.Thread):
    """Publish messages in order from a thread of its own: most of them over some seconds, the rest when told.

    What is held back is for the end of the faults, however long they take: a part of it is let go whenever a test
    waits for more messages to be committed, all of it by `hurry`.
    """

    def __init__(self, settings: Settings, plan: Sequence[Sent], seconds: float) -> None:
        super().__init__(name="publishing", daemon=True)
        self._settings, self._plan = settings, plan
        self._paced = int(len(plan) * PACED)
        self._pause = seconds / max(self._paced, 1)
        self._turn = threading.Condition()
        self._let_go = 0
        self._hurry = self._cancelled = False
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Send everything and wait for every acknowledgement."""
        try:
            with ExitStack() as stack:
                publishers: dict[str, Publisher] = {}
                started = time.monotonic()
                for number, sent in enumerate(self._plan):
                    self._await_turn(number, started)
                    if sent.siren not in publishers:
                        publishers[sent.siren] = stack.enter_context(
                            Publisher(landlord_connection(self._settings, sent.siren))
                        )
                    publishers[sent.siren].send(sent.payload, batch=sent.batch)
        except BaseException as error:
            self.failure = error

    def _await_turn(self, number: int, started: float) -> None:
        """Wait for a message's moment, or until it is let go. Raises CancelledError."""
        with self._turn:
            if number < self._paced:
                moment = started + number * self._pause
                self._turn.wait_for(lambda: self._hurry or self._cancelled, max(0.0, moment - time.monotonic()))
            else:
                self._turn.wait_for(lambda: self._hurry or self._cancelled or number < self._paced + self._let_go)
            if self._cancelled:
                raise CancelledError

    def let_go(self, number: int) -> None:
        """Let so many of the messages that are held back follow the paced ones: at least as many are still to come."""
        with self._turn:
            self._let_go += number
            self._turn.notify()

    def hurry(self) -> None:
        """Hold nothing back any more."""
        with self._turn:
            self._hurry = True
            self._turn.notify()

    def finish(self) -> None:
        """Send the rest at once and wait for the end; raises what the thread met."""
        self.hurry()
        self.join(PATIENCE)
        assert not self.is_alive(), "the publisher did not come to an end"
        if self.failure:
            raise self.failure

    def cancel(self) -> None:
        """Send nothing more, and wait for the end; nothing to do after `finish`."""
        with self._turn:
            self._cancelled = True
            self._turn.notify()
        self.join(PATIENCE)


class Stage:
    """One test's landlords, messages and workers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.landlords: list[str] = []
        self._beside: Publishing | None = None

    # -- landlords and messages
    def enrol(self, number: int) -> list[str]:
        """Enrol landlords that no other test has."""
        found = sirens(next(_numbers), number)
        enrol_landlords(self.settings, found)
        self.landlords += found
        return found

    def publish(self, plan: Sequence[Sent]) -> None:
        """Publish at once and wait for the acknowledgements."""
        publishing = Publishing(self.settings, plan, 0)
        publishing.hurry()
        publishing.run()
        if publishing.failure:
            raise publishing.failure

    @contextmanager
    def publishing(self, plan: Sequence[Sent], seconds: float) -> Iterator[None]:
        """Publish beside the block, most of it over `seconds`, the rest at its end; waits for every acknowledgement.

        A block that fails ends the publishing too.
        """
        self._beside = Publishing(self.settings, plan, seconds)
        self._beside.start()
        try:
            yield
            self._beside.finish()
        finally:
            self._beside.cancel()
            self._beside = None

    # -- workers and services
    def start(self, *numbers: int) -> None:
        """Start workers by number."""
        for number in numbers:
            worker_service.start(self.settings, number)

    def worker(self, number: int = 1) -> int | None:
        """Return a worker's pid."""
        return worker_service.process(self.settings, number).pid()

    def signal(self, sig: signal.Signals, number: int = 1) -> None:
        """Send a signal to a worker that runs."""
        pid = self.worker(number)
        assert pid is not None, f"worker-{number} does not run: {self.log(number)}"
        os.kill(pid, sig)

    def kill(self, number: int = 1) -> None:
        """Take a worker away without a word, and wait until it is gone."""
        self.signal(signal.SIGKILL, number)
        assert wait_until(lambda: self.worker(number) is None, 10, every=0.005)

    def kill_service(self, service: Any) -> int:
        """Take the broker or the database away without a word; return the pid it had."""
        process = service.process(self.settings)
        pid = process.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: process.pid() != pid, 10, every=0.01)
        return int(pid)

    def log(self, number: int = 1) -> str:
        """Return the end of a worker's log."""
        lines = worker_service.process(self.settings, number).log_tail(400).splitlines()
        return "\n".join(
            [line[:300] for line in lines if "in the clear" not in line and "overlapping" not in line][-25:]
        )

    def members(self) -> dict[str, list[str]]:
        """Return the moves topics of each member of the workers' group, by static member name.

        A broker whose coordinator is still starting knows of none.
        """
        client = admin(self.settings)
        try:
            group = client.describe_groups([GROUP])[GROUP]
        except CoordinatorNotAvailableError:
            return {}
        finally:
            client.close()
        found: dict[str, list[str]] = {}
        for member in group["members"]:
            assigned = (member["member_assignment"] or {}).get("assigned_partitions", [])
            wanted = {moves_topic(siren) for siren in self.landlords}
            found[member["group_instance_id"]] = [part["topic"] for part in assigned if part["topic"] in wanted]
        return found

    # -- the database
    def landlords_are_held(self) -> bool:
        """Return whether a worker holds its landlords in a transaction that does not end at once."""
        return self.query(HOLDS_LANDLORDS, role="postgres") == [(True,)]

    def query(self, statement: str, parameters: Sequence[object] = (), role: str = "migrator") -> list[tuple[Any, ...]]:
        """Return the rows of a query, on a connection of its own; `postgres` also sees others' sessions."""
        with connect(self.settings, role) as connection:
            return connection.execute(statement, parameters or None).fetchall()

    def done(self, siren: str | None = None) -> int:
        """Return how many messages are committed, of one landlord or of all; 0 while the database is away."""
        topics = [moves_topic(one) for one in ([siren] if siren else self.landlords)]
        try:
            rows = self.query(
                "SELECT coalesce(sum(next_offset), 0)::bigint FROM core.ingest_offset WHERE topic = ANY(%s)", (topics,)
            )
        except psycopg.OperationalError:
            return 0
        return int(rows[0][0])

    def wait_for(self, condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Poll until it is so; the message says what never was, and how the workers ended."""
        assert wait_until(condition, patience, every=0.05), f"never: {what}\n{self.state()}"

    def wait_progress(self, more: int = 1, siren: str | None = None, patience: float = PATIENCE) -> int:
        """Wait until that many more messages are committed; return how many are."""
        before = self.done(siren)
        if self._beside:
            # However slow the machine, messages are left to be committed: one of each landlord's in a turn.
            self._beside.let_go(more if siren is None else more * len(self.landlords))
        self.wait_for(lambda: self.done(siren) >= before + more, f"{more} more than {before} messages", patience)
        return self.done(siren)

    def state(self) -> str:
        """Return what is done, who waits for what in the database, and the ends of the logs."""
        try:
            rows = self.query("SELECT topic, next_offset FROM core.ingest_offset ORDER BY 1") + self.query(
                SESSIONS, role="postgres"
            )
        except psycopg.OperationalError as error:
            rows = [(str(error),)]
        logs = [f"worker-{number}: {self.worker(number)}\n{self.log(number)}" for number in range(1, WORKERS + 1)]
        return "\n".join([*map(str, rows), *logs])

    # -- the broker
    def records(self, topics: Sequence[str]) -> dict[str, list[Any]]:
        """Return every record of these topics, read by the broker's administrator."""
        consumer = KafkaConsumer(**client_options(self.settings, "admin"), enable_auto_commit=False)
        found: dict[str, list[Any]] = {topic: [] for topic in topics}
        partitions = [TopicPartition(topic, 0) for topic in topics]
        try:
            ends = consumer.end_offsets(partitions)
            consumer.assign(partitions)
            consumer.seek_to_beginning(*partitions)
            deadline = time.monotonic() + PATIENCE
            while any(consumer.position(part) < ends[part] for part in partitions):
                assert time.monotonic() < deadline, "topics not read"
                for part, records in consumer.poll(timeout_ms=500, max_records=5000).items():
                    found[part.topic] += records
        finally:
            consumer.close(autocommit=False)
        return found

    def topic(self, name: str) -> list[Any]:
        """Return every record of one topic."""
        return self.records([name])[name]

    def receipts(self, siren: str) -> dict[str, dict[str, Any]]:
        """Return the landlord's receipts by message id; a repeat must be the same receipt."""
        found: dict[str, dict[str, Any]] = {}
        for record in self.topic(receipts_topic(siren)):
            headers = dict(record.headers)
            assert headers["content-type"] == b"application/cloudevents+json"
            identity = headers["message_id"].decode()
            receipt = said(record.value, identity)
            assert found.setdefault(identity, receipt) == receipt, "two different receipts for one message"
        return found

    # -- the question
    def assert_exact(self, published: Sequence[Sent] | None = None) -> Oracle:
        """Wait until everything is read, then hold the database to what the broker's topics say."""
        topics = {siren: self.topic(moves_topic(siren)) for siren in self.landlords}
        payloads = {siren: [record.value for record in records] for siren, records in topics.items()}
        if published is not None:
            kept = Counter((siren, payload) for siren, values in payloads.items() for payload in values)
            missing = Counter((sent.siren, sent.payload) for sent in published) - kept
            assert not missing, f"{missing.total()} acknowledged messages are not in their topic"
        truth = oracle(payloads.items())
        assert truth.events > 0
        total = sum(records[-1].offset + 1 for records in topics.values() if records)
        self.wait_for(lambda: self.done() >= total, f"{total} messages committed")
        assert self.done() == total
        self.wait_for(lambda: self.query("SELECT count(*) FROM core.outbox") == [(0,)], "outbox empty", 20)
        ledger = {(row[0], row[1]): row[2:] for row in self.query(LEDGER)}
        wrong = [key for key in ledger.keys() | truth.rows.keys() if ledger.get(key) != truth.rows.get(key)]
        assert not wrong, f"{len(wrong)} moves differ, e.g. {[(ledger.get(k), truth.rows.get(k)) for k in wrong[:3]]}"
        counted = dict(self.query("SELECT landlord, sum(n)::bigint FROM core.tally GROUP BY 1"))
        assert counted == dict(truth.per_landlord), "events lost or counted twice"
        for siren, records in topics.items():
            receipts = self.receipts(siren)
            assert receipts.keys() == {f"{moves_topic(siren)}:0:{record.offset}" for record in records}
            assert sum(sum(one["outcomes"].values()) for one in receipts.values()) == truth.per_landlord[siren]
            told = sum((Counter(one["outcomes"]) for one in receipts.values()), Counter())
            assert told == Counter(dict(self.query(OUTCOMES, (siren,)))), "the receipts' log is not the ledger's counts"
        with connect(self.settings, "ingest") as connection:
            verdict = verify(connection)
        assert verdict.equal, verdict.differences[:5]
        assert verdict.moves == len(truth.rows)
        return truth


def forget_members(settings: Settings) -> None:
    """Put out of the group the static members that ended: a test must not inherit another's assignment."""
    client = admin(settings)
    try:
        members = client.describe_groups([GROUP])[GROUP]["members"]
        if members:
            gone = [MemberToRemove(group_instance_id=member["group_instance_id"]) for member in members]
            client.remove_group_members(GROUP, gone)
    except CoordinatorNotAvailableError:
        return  # a broker whose coordinator never started has no members
    finally:
        client.close()


@pytest.fixture
def stage(broker: Settings) -> Iterator[Stage]:
    """An empty database, a broker without landlords; at the end no worker runs and both services do."""
    empty(broker)
    for number in range(1, WORKERS + 1):
        worker_service.process(broker, number).log_file.unlink(missing_ok=True)
    yield Stage(broker)
    supervisor.process(broker).stop(patience=15)
    for number in range(1, WORKERS + 1):
        if pid := worker_service.process(broker, number).pid():
            os.kill(pid, signal.SIGCONT)
        worker_service.stop(broker, number)
    broker_service.start(broker, print)
    database_service.start(broker, print)
    forget_members(broker)
