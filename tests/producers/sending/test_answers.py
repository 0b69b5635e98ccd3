"""What receipts add up to: what was refused and read again since is refused no more."""

import orjson
import pytest

from producers.outcome import Answer, tables
from producers.receipts import read_receipt
from schemas.events.receipts import ReceiptEvent
from tests.producers.sending.test_commands import receipt


def refused(number: int) -> ReceiptEvent:
    """Return the receipt of a message of `number` refused events and one that is applied."""
    days = ["2026-03-13"] * number + ["2026-03-14"]
    events = [{"id": str(index), "data": {"effective_on": day}} for index, day in enumerate(days)]
    found = read_receipt(receipt("tenancy.moves.552081317", 0, orjson.dumps(events)))
    assert found is not None
    return found


def read_again() -> ReceiptEvent:
    found = refused(0)
    return found.model_copy(update={"data": found.data.model_copy(update={"redriven": True})})


@pytest.mark.parametrize("again", [0, 1, 2])
def test_what_is_accepted_later_is_refused_no_more(again):
    answer = Answer()
    for one in [refused(2), *[read_again()] * again]:
        answer.add(one)
    assert (answer.outcomes["applied"], answer.outcomes["quarantined"]) == (1 + again, 2 - again)
    assert answer.rejected_total == 2 - again
    title = str(tables(answer)[1].title)
    assert title == ("Refusés" if not again else f"Refusés, dont {again} relus et acceptés depuis")


def test_a_second_reading_whose_first_is_not_there_takes_nothing_away():
    answer = Answer()
    answer.add(read_again())
    assert (answer.outcomes["applied"], answer.outcomes["quarantined"], answer.rejected_total) == (1, 0, 0)
