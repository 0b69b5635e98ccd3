"""A hundred thousand mutated events through decoding and the database: each ends somewhere, and sums add up."""

from collections import Counter

import pytest

from runtime.database import connect
from schemas.conformance.events import SIREN
from schemas.conformance.mutations import batches
from streams.ingest.pipeline import Pipeline
from tests.streams.stage import TODAY, Stage, known_rules, message

pytestmark = pytest.mark.services
OF_VALUES, OF_BYTES = 80_000, 20_000
TAKE = 80


@pytest.mark.timeout(600)
def test_each_of_a_hundred_thousand_mutated_events_ends_applied_or_quarantined(stage: Stage) -> None:
    worker = Pipeline(lambda: connect(stage.settings, "ingest"), known_rules())
    sent = list(batches(OF_VALUES, 20261127, OF_BYTES))
    assert sum(mutants for _, mutants in sent) == 100_000
    for first in range(0, len(sent), TAKE):
        taken = [
            message(first + n, [], siren=SIREN, day=TODAY)._replace(payload=payload)
            for n, (payload, _) in enumerate(sent[first : first + TAKE])
        ]
        assert worker.commit(worker.prepare(taken)).new == len(taken)
    told: Counter[str] = Counter()
    receipts = stage.receipts()
    for (_, mutants), receipt in zip(sent, receipts, strict=True):
        assert receipt["events"] == sum(receipt["outcomes"].values())
        if mutants > 1:
            assert receipt["events"] == mutants, "a mutant of values costs itself only"
        told.update(receipt["outcomes"])
    assert told.total() >= 100_000
    assert told == Counter(dict(stage.rows("SELECT outcome, sum(n)::integer FROM core.tally GROUP BY 1")))
    assert min(told["applied"], told["quarantined"]) > 10_000, "both ends are met"
    assert stage.rows("SELECT count(*) FROM core.quarantine") == [(told["quarantined"],)]
    assert set(stage.rows("SELECT reason FROM core.quarantine")) >= {
        (reason,)
        for reason in ("not_json", "too_deep", "invalid_field", "missing_field", "unknown_code", "unknown_type")
    }
    stage.assert_counters_equal_a_recount()


def test_the_same_seed_gives_the_same_mutants() -> None:
    assert list(batches(300, 7, 300)) == list(batches(300, 7, 300))
    assert list(batches(300, 7)) != list(batches(300, 8))
    assert len({payload for payload, _ in batches(0, 7, 300)}) > 250
