"""The demonstration's proof on a real ledger: a small simulated region is exactly found, and one wrong row too."""

from collections import Counter
from datetime import date

import pytest

from operations.demo.proof import compare
from producers.region import Region, simulate
from runtime.topics import moves_topic
from streams.counters.chunks import FactChunks
from streams.ingest.decode import Message
from tests.streams.stage import Stage

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def region() -> Region:
    return simulate(date(2026, 1, 1), date(2026, 3, 1), seed=7, scale=0.02)


def publish(stage: Stage, region: Region) -> int:
    """Commit everything that the region publishes; return the number of events."""
    offsets: Counter[str] = Counter()
    messages = []
    for one in region.publications():
        topic = moves_topic(one.landlord)
        messages.append(Message(topic, 0, offsets[topic], one.published_at.timestamp(), one.payload))
        offsets[topic] += 1
    FactChunks(stage.cells._connect).ensure(date(2026, 1, 1))
    for start in range(0, len(messages), 80):
        stage.take(*messages[start : start + 80])
    return sum(one.events for one in region.publications())


def test_the_ledger_of_a_region_is_its_truth_until_one_row_is_wrong(stage: Stage, region: Region) -> None:
    events = publish(stage, region)
    found = compare(stage.connection, region)
    assert found.equal, found
    assert found.ledger == found.truth > 50
    assert found.quarantined.total() > 0
    assert stage.rows("SELECT sum(n)::integer FROM core.tally") == [(events,)]
    stage.assert_counters_equal_a_recount()

    one = "WHERE ctid = (SELECT ctid FROM core.move WHERE status = 'effective' LIMIT 1)"
    stage.connection.execute(f"UPDATE core.move SET effective_on = effective_on + 1 {one}")
    wrong = compare(stage.connection, region)
    assert (wrong.differing, wrong.missing, wrong.equal) == (1, 0, False)
    stage.connection.execute(f"DELETE FROM core.move {one}")
    lost = compare(stage.connection, region)
    assert (lost.missing, lost.ledger, lost.equal) == (1, found.ledger - 1, False)


def test_a_quarantine_that_lacks_an_event_is_found(stage: Stage, region: Region) -> None:
    publish(stage, region)
    stage.connection.execute("DELETE FROM core.quarantine WHERE ctid = (SELECT ctid FROM core.quarantine LIMIT 1)")
    found = compare(stage.connection, region)
    assert (found.moves_equal, found.quarantine_equal, found.equal) == (True, False, False)
