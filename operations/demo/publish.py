"""The landlords' side of the demonstration: the past uploaded, the days streamed."""

import heapq
import time
from collections.abc import Callable, Iterator

from operations.demo.plan import Plan
from producers.publisher import Publisher
from producers.region import Publication, Region
from producers.region.upload import as_upload
from runtime.clock import Clock
from runtime.settings import Settings

Count = Callable[[int], None]


def _milliseconds(publication: Publication) -> int:
    return int(publication.published_at.timestamp() * 1000)


def upload_past(settings: Settings, region: Region, plan: Plan, sent: Count) -> Iterator[Publication]:
    """Upload what each landlord published before the live part; return the rest, by instant.

    `sent` is told how many events went out.
    """
    rests = []
    for siren, publications in region.publications_by_landlord().items():
        past, rest = _cut(publications, plan)
        with Publisher(settings, siren) as publisher:
            for one in as_upload(past):
                publisher.send(one.payload, batch=one.batch, timestamp_ms=_milliseconds(one))
                sent(one.events)
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


def stream_days(settings: Settings, rest: Iterator[Publication], clock: Clock, sent: Count) -> None:
    """Publish each message when the demonstration's clock reaches its instant, until there is none left."""
    publishers: dict[str, Publisher] = {}
    try:
        for one in rest:
            while clock.now() < one.published_at:
                time.sleep(0.02)
            if one.landlord not in publishers:
                publishers[one.landlord] = Publisher(settings, one.landlord)
            publishers[one.landlord].send(one.payload, batch=one.batch, timestamp_ms=_milliseconds(one))
            sent(one.events)
    finally:
        for publisher in publishers.values():
            with publisher:
                publisher.flush()
