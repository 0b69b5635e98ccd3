"""The Faust application: one agent that ingests, and timers that roll windows, relay receipts, watch topics, refresh
measures.

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
from schemas.secrecy import RulesError, rules_in_force
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
from streams.measures.refresh import refresh
from streams.publication.due import due_months
from streams.publication.live import live_state, show_live
from streams.publication.publish import PublicationError, publish
from streams.publication.staff import show
from streams.retention import nightly

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
    _add_retention_timer(app, open_database)
    _add_relay_timer(app, settings, open_database)
    _add_measures_timer(app, open_database)
    _add_shown_timer(app, settings, open_database)
    _add_live_timer(app, open_database)
    _add_publication_timer(app, settings, clock, open_database)
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


def _add_retention_timer(app: faust.App, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Fold what is past its time, once a night, after the windows have rolled."""
    link = Link(open_database)

    def retain() -> None:
        connection = link.connection()
        if nightly.is_due(connection) and (done := nightly.run(connection)) and done.moves:
            log.info("folded", moves=done.moves, days=done.days, facts=done.facts, before=str(done.before))

    @app.timer(interval=figures.RETENTION_SECONDS)
    async def fold() -> None:
        try:
            await asyncio.to_thread(retain)
        except AWAY as error:
            log.warning("nothing folded, trying again", error=str(error))


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


def _add_beside_timer(
    app: faust.App, interval: float, work: Callable[[], object], *, away: str, refused: str, share: float = 1.0
) -> None:
    """Do work beside ingesting, at most a share of the time: what the database refuses there must not stop ingesting.

    `away`, `refused`: what the log says then.
    """
    pace = Pace(share)

    async def beside() -> None:
        if not pace.due(time.monotonic()):
            return
        started = time.monotonic()
        try:
            await asyncio.to_thread(work)
        except AWAY as error:
            log.warning(away, error=str(error))
        except (psycopg.Error, PublicationError, RulesError) as error:
            log.error(refused, error=str(error))
        pace.took(started, time.monotonic())

    # Faust names a late timer by its function.
    beside.__qualname__ = work.__qualname__
    app.timer(interval=interval)(beside)


def _once_changed(state: Callable[[], object], work: Callable[[], object]) -> Callable[[], None]:
    """Return what does the work if the state is not that of the last time it was done."""
    done: list[object] = [None]

    def work_if_changed() -> None:
        now = state()
        if now != done[0]:
            work()
            done[0] = now

    work_if_changed.__qualname__ = work.__qualname__
    return work_if_changed


def _add_measures_timer(app: faust.App, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Take up into the measures what was recorded."""
    link = Link(open_database)

    def refresh_measures() -> None:
        refresh(link.connection())

    _add_beside_timer(
        app,
        figures.MEASURES_SECONDS,
        refresh_measures,
        away="measures not refreshed",
        refused="measures refused by the database",
        share=figures.MEASURES_SHARE,
    )


def _add_shown_timer(app: faust.App, settings: Settings, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Decide again on what staff is shown once measures changed."""
    link = Link(open_database)

    def refreshed() -> object:
        connection = link.connection()
        with connection.transaction():
            return connection.execute("SELECT refreshed_at FROM core.measure_state").fetchall()[0][0]

    def show_staff() -> None:
        show(link.connection(), rules_in_force(settings.instance_dir))

    _add_beside_timer(
        app,
        figures.SHOWN_SECONDS,
        _once_changed(refreshed, show_staff),
        away="what staff is shown not renewed",
        refused="what staff is shown cannot be renewed",
        share=figures.SHOWN_SHARE,
    )


def _add_live_timer(app: faust.App, open_database: Callable[[], psycopg.Connection[Any]]) -> None:
    """Decide again on the live windows that staff is shown, once something was committed or a day began."""
    link = Link(open_database)

    def show_live_windows() -> None:
        show_live(link.connection())

    _add_beside_timer(
        app,
        figures.LIVE_SECONDS,
        _once_changed(lambda: live_state(link.connection()), show_live_windows),
        away="live windows not renewed",
        refused="live windows cannot be renewed",
        share=figures.LIVE_SHARE,
    )


def _add_publication_timer(
    app: faust.App, settings: Settings, clock: Clock, open_database: Callable[[], psycopg.Connection[Any]]
) -> None:
    """Make the vintages that are due on the fixed day of the rules; missed ones are caught up, one a tick."""
    link = Link(open_database)

    def publish_next() -> None:
        connection, rules = link.connection(), rules_in_force(settings.instance_dir)
        with connection.transaction():
            months = due_months(connection, rules, paris_today(clock))
        if months:
            made = publish(connection, rules, months[0])
            log.info("vintage frozen", month=str(made.month), figures=made.figures)

    _add_beside_timer(
        app,
        figures.PUBLICATION_SECONDS,
        publish_next,
        away="no vintage made",
        refused="the vintage cannot be made",
    )
