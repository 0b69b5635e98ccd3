"""The worked examples of the contract's page come out as the page says, in the real ledger."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from tests.schemas.contract.sequences import SEQUENCES, SIREN, written_out
from tests.streams.stage import Stage, message

pytestmark = pytest.mark.services
TALLY = "SELECT outcome, sum(n)::int FROM core.tally GROUP BY outcome"
COUNTED = "SELECT to_char(effect_month, 'YYYY-MM'), sum(delta)::int FROM core.fact GROUP BY 1 HAVING sum(delta) <> 0"
REASONS = "SELECT reason FROM core.quarantine ORDER BY quarantine_id"
DECLARED = "SELECT complete_through::text FROM core.declaration ORDER BY revision DESC LIMIT 1"


def tally(stage: Stage) -> Counter[str]:
    return Counter(dict(stage.rows(TALLY)))


@pytest.mark.parametrize("sequence", SEQUENCES, ids=lambda one: str(one["key"]))
def test_a_published_sequence_of_events_ends_as_it_says(stage: Stage, sequence: dict[str, Any]) -> None:
    stage.restart(date.fromisoformat(sequence["steps"][-1]["on"]))
    for offset, step in enumerate(sequence["steps"]):
        before = tally(stage)
        stage.take(message(offset, written_out(step), siren=SIREN, day=date.fromisoformat(step["on"])))
        assert tally(stage) - before == Counter(step["outcomes"]), f"step {offset}"
    assert dict(stage.rows(COUNTED)) == sequence["counted"]
    assert [reason for (reason,) in stage.rows(REASONS)] == [
        step["reason"] for step in sequence["steps"] if "reason" in step
    ]
    for name, value in sequence.get("state", {}).items():
        assert stage.rows(f"SELECT {name}::text FROM core.move") == [(value,)]
    stage.assert_counters_equal_a_recount()


@pytest.mark.parametrize(
    "sequence", [one for one in SEQUENCES if "warning" in one["steps"][-1]], ids=lambda one: str(one["key"])
)
def test_a_warning_that_a_sequence_announces_is_in_the_receipt(stage: Stage, sequence: dict[str, Any]) -> None:
    for offset, step in enumerate(sequence["steps"]):
        stage.take(message(offset, written_out(step), siren=SIREN, day=date.fromisoformat(step["on"])))
    assert sequence["steps"][-1]["warning"] in str(stage.receipts()[-1])


def test_the_register_of_declarations_and_stocks_ends_as_the_sequences_say(stage: Stage) -> None:
    by_key = {one["key"]: one for one in SEQUENCES}
    for offset, step in enumerate(by_key["declared_twice"]["steps"] + by_key["stock_again"]["steps"]):
        stage.take(message(offset, written_out(step), siren=SIREN, day=date.fromisoformat(step["on"])))
    assert stage.rows(DECLARED) == [("2026-03-31",)]
    assert stage.rows("SELECT let FROM core.stock_cell") == [(1700,)]
