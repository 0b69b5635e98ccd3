"""What the database says of a row it refuses may quote the row: the worker's log keeps the first line alone."""

from typing import Any

import psycopg
from structlog.testing import capture_logs

from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.commit import Batch
from streams.ingest.pipeline import Pipeline

SECRET = "Personne fictive"


def test_a_refused_row_is_not_quoted_in_the_log() -> None:
    def refusing() -> psycopg.Connection[Any]:
        raise psycopg.DataError(f"value out of range\nDETAIL:  Failing row contains ({SECRET}).\nCONTEXT:  {SECRET}")

    pipeline = Pipeline(refusing, Rules(load()))
    with capture_logs() as logged:
        pipeline.commit(Batch([], pipeline._cells))
    assert [one["log_level"] for one in logged] == ["error"]
    assert "value out of range" in str(logged)
    assert SECRET not in str(logged)
