"""The landlords' side of the demonstration: the past uploaded, the days streamed."""

import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from kafka.errors import KafkaError

from operations.demo.plan import Plan
from operations.services.interrupts import undisturbed
from producers.publisher import Publisher
from producers.region import Publication, Region
from producers.region.upload import as_upload
from runtime.broker import landlord_connection
from runtime.clock import Clock
from runtime.settings import Settings

Count = Callable[[int], None]
"""Is told how many events went out."""
TICK_SECONDS = 0.02
BROKER_SECONDS = 60.0


def upload_past(settings: Settings, region: Region, plan: Plan, sent: Count) -> Iterator[Publication]:
    """Upload what each landlord published before the live part; return the rest, by instant."""
    rests = []
    for siren, publications in region.publications_by_landlord().items():
        past, rest = _cut(publications, plan)
        with Publisher(landlord_connection(settings, siren)) as publisher:
            for one in as_upload(past):
                _publish(publisher, one, sent)
        rests.append(rest)
    return heapq.merge(*rests, key=lambda one: one.published_at)


def _cut(publications: Iterator[Publication], plan: Plan) -> tuple[Iterator[Publication], Iterator[Publication]]:
    """Return what comes before the live part, and what follows it: the second is read after the first."""
    first_live: list[Publication] = []

    def past() -> Iterator[Publication]:
        for one in publications:
            if one.published_at >= plan.origin:
                first_live.append(one)
                return
            yield one

    def rest() -> Iterator[Publication]:
        yield from first_live
        yield from publications

    return past(), rest()


def _publish(publisher: Publisher, one: Publication, sent: Count) -> None:
    """Send a message and count it: a Ctrl-C never comes between the two, so that the closing table is right."""
    with undisturbed():
        instant = int(one.published_at.timestamp() * 1000)
        publisher.send(one.payload, batch=one.batch, timestamp_ms=instant)
        sent(one.events)


def stream_days(
    settings: Settings, rest: Iterator[Publication], clock: Clock, sent: Count, tick: Callable[[], None]
) -> None:
    """Publish each message when the demonstration's clock reaches its instant, until there is none left.

    `tick` is called many times a second. What was sent is acknowledged at the return, after Ctrl-C too.
    """
    with ExitStack() as stack:
        publishers: dict[str, Publisher] = {}
        try:
            for one in rest:
                while clock.now() < one.published_at:
                    tick()
                    time.sleep(TICK_SECONDS)
                if one.landlord not in publishers:
                    publishers[one.landlord] = stack.enter_context(_connected(settings, one.landlord))
                _publish(publishers[one.landlord], one, sent)
        finally:
            for publisher in publishers.values():
                publisher.flush()


def _connected(settings: Settings, siren: str) -> Publisher:
    """Return a landlord's connection; waits while the broker is being started again."""
    deadline = time.monotonic() + BROKER_SECONDS
    while True:
        try:
            return Publisher(landlord_connection(settings, siren))
        except KafkaError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
