"""The Faust application: one agent that ingests, and timers that roll windows, relay receipts, watch topics, and do
the tasks of streams/tasks.py.

State lives in the database, where it is transactional and late data is ordinary: no Faust table, no Faust
window. The recipes here (no leader topic, no standby, static membership, `noack_take`) were each proved by
experiment; see docs/architecture.md.
"""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import faust
import psycopg
from aiokafka.errors import KafkaError as AioKafkaError
from faust.auth import SASLCredentials
from kafka.errors import KafkaError

from runtime.broker import GROUP, WORKER, leave_group
from runtime.clock import Clock, paris_today
from runtime.database import connect
from runtime.logging import logger
from runtime.settings import Settings
from runtime.topics import SENTINEL, is_sandbox
from streams import worker_settings as figures
from streams.counters.windows import roll_windows
from streams.ingest.link import Link
from streams.ingest.outbox import producer, relay
from streams.ingest.pipeline import EXIT_BUG, Pipeline
from streams.ingest.positions import consumer_class
from streams.ingest.recorded import recorded_rules
from streams.ingest.stall import StallWatch
from streams.ingest.topics import Ends, TopicWatcher
from streams.ingest.turns import Partition
from streams.measures.pace import Pace
from streams.tasks import REFUSED, Task, tasks

AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,
    KafkaError,
    AioKafkaError,
    OSError,
)
log = logger(__name__)


def create_app(settings: Settings, clock: Clock, worker: str, topics: Sequence[str] = (SENTINEL,)) -> faust.App:
    """Return the application of one worker; `worker` names a static member of the group.

    `topics` are read from the first moment on (at least one: without any a worker dies), later ones are taken up.
    """

    def open_database() -> psycopg.Connection[Any]:
        return connect(settings, "ingest")

    app = faust.App(
        GROUP,
        broker=f"kafka://{settings.kafka_bootstrap}",
        broker_credentials=SASLCredentials(
            username=WORKER, password=settings.password(WORKER), mechanism="SCRAM-SHA-256"
        ),
        store="memory://",
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        stream_buffer_maxsize=figures.BUFFER_MESSAGES,
        consumer_max_fetch_size=figures.FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=worker,
        broker_session_timeout=figures.SESSION_SECONDS,
        broker_heartbeat_interval=figures.HEARTBEAT_SECONDS,
        broker_commit_interval=figures.COMMIT_SECONDS,
        loghandlers=[],
        logging_config=None,
    )

    def leave() -> None:
        _leave_and_end(settings, worker)

    app.transport.Consumer = consumer_class(open_database, leave)
    app.topics._resubscribe_sleep_lock_seconds = 1.0
    watcher = TopicWatcher(settings)
    moves = app.topic(SENTINEL, value_serializer="raw", value_type=bytes, key_serializer="raw", key_type=bytes)
    # One list, shared with the agent's stream, and extended in place when a landlord joins.
    moves.topics = list(topics)

    async def rewind(due: Mapping[Partition, int]) -> None:
        await app.consumer.rewind(due)

    pipeline = Pipeline(open_database, recorded_rules(open_database), rewind)

    @app.agent(moves, concurrency=1)
    async def ingest(stream: Any) -> None:
        async for events in stream.noack_take(figures.TAKE_MESSAGES, within=figures.LINGER_SECONDS):
            await pipeline.submit(events)

    _add_topic_timer(app, moves, pipeline, watcher, open_database, leave)
    _add_roll_timer(app, clock, open_database)
    _add_relay_timer(app, settings, open_database)
    for task in tasks(settings, clock):
        _add_task(app, task, open_database)
    return app


def _add_topic_timer(
    app: faust.App,
    moves: Any,
    pipeline: Pipeline,
    watcher: TopicWatcher,
    open_database: Callable[[], psycopg.Connection[Any]],
    leave: Callable[[], None],
) -> None:
    """Take up the topic of a new landlord, again and again until it is assigned; record how far topics go.

    The process ends if messages wait and this worker is handed none.
    """
    link = Link(open_database)
    stall = StallWatch(figures.STALL_SECONDS)

    def watch() -> tuple[list[str], Ends]:
        topics = watcher.topics()
        return topics, watcher.record_ends(link.connection(), topics)

    @app.timer(interval=figures.TOPICS_SECONDS)
    async def take_up_topics() -> None:
        try:
            wanted, ends = await asyncio.to_thread(watch)
            assigned = {tp.topic for tp in app.consumer.assignment()} - {SENTINEL}
            if again := {(topic, 0): due for topic, due in ends.made_again.items() if topic in assigned}:
                await app.consumer.rewind(again)
        except AWAY as error:
            stall.moved()
            log.warning("topics not listed", error=str(error))
            await asyncio.to_thread(watcher.close)
            return
        subscribed = app.topics._topic_name_index
        if set(wanted) - set(moves.topics) or any(topic not in subscribed for topic in wanted):
            moves.topics.extend(sorted(set(wanted) - set(moves.topics)))
            app.topics._flag_changes()
        # A worker that has nothing but sandboxes reads nothing that counts: its group may have forgotten the rest.
        mine = {topic for topic in assigned if not is_sandbox(topic)}
        waiting = ends.waiting | ends.made_again
        if stall.stands_still(waiting, mine, pipeline.taken, working=pipeline.working):
            log.critical("messages wait and none is handed over", waiting=waiting, mine=sorted(mine))
            await asyncio.to_thread(leave)


def _leave_and_end(settings: Settings, worker: str) -> None:
    """End the process, out of the group: a static member that comes back is given what it had, gone topics too."""
    log.critical("this worker's group membership is of no use any more: the process ends, another takes its place")
    try:
        leave_group(settings, worker)
    except (KafkaError, OSError) as error:
        log.warning("the group was not left", error=str(error))
    finally:
        os._exit(EXIT_BUG)


def _add_roll_timer(app: faust.App, clock: Clock, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Roll the live windows at midnight in Paris, and catch up missed nights at the first tick."""
    link = Link(open_database)

    @app.timer(interval=figures.ROLL_SECONDS)
    async def roll() -> None:
        try:
            await asyncio.to_thread(lambda: roll_windows(link.connection(), paris_today(clock)))
        except AWAY as error:
            log.warning("windows not rolled", error=str(error))


def _add_relay_timer(app: faust.App, settings: Settings, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Send receipts and alerts on their way."""
    link = Link(open_database)
    senders: list[Any] = []

    def relay_all() -> None:
        if not senders:
            senders.append(producer(settings))
        while relay(link.connection(), senders[0]):
            pass

    @app.timer(interval=figures.RELAY_SECONDS)
    async def relay_outbox() -> None:
        try:
            await asyncio.to_thread(relay_all)
        except AWAY as error:
            log.warning("outbox not relayed", error=str(error))
            senders.clear()


def _add_task(app: faust.App, task: Task, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Do a task beside ingesting, on a connection of its own: what is refused there must not stop ingesting."""
    link = Link(open_database)
    pace = Pace(task.share)

    async def beside() -> None:
        if not pace.due(time.monotonic()):
            return
        started = time.monotonic()
        try:
            await asyncio.to_thread(lambda: task.work(link.connection()))
        except AWAY as error:
            log.warning("the database is away, trying again", task=task.name, error=str(error))
        except REFUSED as error:
            log.error("refused, trying again", task=task.name, error=str(error))
        pace.took(started, time.monotonic())

    # Faust names a late timer by its function.
    beside.__qualname__ = task.name
    app.timer(interval=task.seconds)(beside)
