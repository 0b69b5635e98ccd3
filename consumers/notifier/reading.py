"""Read `mobility.alerts`, queue each step for whom it concerns, send what is due: until told to stop.

Invariant: positions are those of the journal, never Kafka's; a recipient that fails waits, and holds nobody up.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from consumers.notifier.channels import NotSentError, Send
from consumers.notifier.journal import Journal
from consumers.notifier.recipients import Addressees
from consumers.notifier.timing import due, wait_after
from runtime.broker import NOTIFIER, client_options
from runtime.clock import Clock
from runtime.logging import logger
from runtime.settings import Settings
from runtime.topics import ALERTS
from schemas.alerts import AlertStep, read

POLL_MS = 1_000
ALIVE = ".notifier-alive"
RETRY_SECONDS = 2.0


def notify(
    settings: Settings,
    path: Path,
    addressees: Addressees,
    send: Send,
    clock: Clock,
    stopping: threading.Event,
    beside: Callable[[Journal], object] = lambda _: None,
) -> None:
    """Tell of alerts until told to stop; wait for the broker as long as it is away.

    `beside` is called at each turn, whether the broker is there or not: the weekly letters. The file `ALIVE` beside the
    journal is touched then.
    """
    journal = Journal(path)

    def each_turn() -> None:
        (path.parent / ALIVE).touch()
        beside(journal)

    try:
        while not stopping.is_set():
            try:
                _read_until(settings, journal, addressees, send, clock, stopping, each_turn)
            except (KafkaError, ConnectionError, TimeoutError) as error:
                logger(__name__).warning("the broker is away or refuses, the notifier waits", error=str(error))
                each_turn()
                stopping.wait(RETRY_SECONDS)
    finally:
        journal.close()


def _read_until(
    settings: Settings,
    journal: Journal,
    addressees: Addressees,
    send: Send,
    clock: Clock,
    stopping: threading.Event,
    each_turn: Callable[[], None],
) -> None:
    consumer = KafkaConsumer(
        **client_options(settings, NOTIFIER), group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    try:
        partitions = [TopicPartition(ALERTS, number) for number in sorted(consumer.partitions_for_topic(ALERTS) or ())]
        consumer.assign(partitions)
        known = journal.next_offsets()
        for one in partitions:
            if one.partition in known:
                consumer.seek(one, known[one.partition])
            else:
                consumer.seek_to_beginning(one)
        while not stopping.is_set():
            for one, records in consumer.poll(timeout_ms=POLL_MS).items():
                for record in records:
                    take(journal, addressees, clock, one.partition, record.offset, record.value)
            deliver(journal, addressees, send, clock)
            each_turn()
    finally:
        consumer.close()


def take(
    journal: Journal, addressees: Addressees, clock: Clock, partition: int, offset: int, payload: bytes | None
) -> None:
    """Queue a message; what is no alert's step is passed over, and said."""
    told: tuple[str, AlertStep] | None = None
    try:
        event = read(payload or b"")
        told = event.id, event.data
    except ValueError as error:
        logger(__name__).error("a message of the alerts is no step", offset=offset, error=str(error).splitlines()[0])
    wanted = [one for one in addressees.recipients if told is not None and one.wants(told[1])]
    journal.queue(partition, offset, told, [(one.name, due(one, clock.now())) for one in wanted])


def deliver(journal: Journal, addressees: Addressees, send: Send, clock: Clock) -> int:
    """Send what is due; return how many steps were. Immediate recipients get a message a step, others a digest."""
    recipients = {one.name: one for one in addressees.recipients}
    done = 0
    for waiting in journal.due(clock.now()):
        recipient = recipients.get(waiting.recipient)
        if recipient is None:  # no longer told of anything
            journal.sent(waiting.recipient, [identity for identity, _ in waiting.steps], clock.now())
            continue
        groups = [[one] for one in waiting.steps] if recipient.rhythm == "immediat" else [waiting.steps]
        for number, group in enumerate(groups):
            try:
                send(recipient, group)
            except NotSentError as error:
                left = [identity for one in groups[number:] for identity, _ in one]
                again_at = clock.now() + wait_after(waiting.attempts + 1)
                journal.failed(recipient.name, left, str(error), again_at)
                logger(__name__).warning("not sent, trying again", recipient=recipient.name, error=str(error))
                break
            journal.sent(recipient.name, [identity for identity, _ in group], clock.now())
            done += len(group)
    return done
