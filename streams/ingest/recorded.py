"""The rules as the operator's records complete them: mergers, the horizon, and the windows of histories."""

from collections.abc import Callable
from typing import Any

import psycopg

from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.horizon import RecordedHorizon
from streams.ingest.lineage import RecordedLineage


def recorded_rules(connect: Callable[[], psycopg.Connection[Any]]) -> Rules:
    """Return the worker's rules; what is recorded is asked for when an event needs it."""
    return Rules(load(), RecordedLineage(connect), RecordedHorizon(connect))
