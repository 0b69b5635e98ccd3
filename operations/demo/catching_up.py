"""Do at once what the worker does by and by beside ingesting, so that what is shown stands on all that was taken."""

from contextlib import suppress
from typing import Any

import psycopg

from operations.services.process import wait_until
from runtime.clock import Clock
from runtime.database import connect
from runtime.settings import Settings
from streams.measures.refresh import read_state, refresh, waiting
from streams.publication.publish import PublicationError
from streams.tasks import tasks

PATIENCE = 120.0
NOTHING = (0, 0, 0)


def catch_up(settings: Settings, clock: Clock) -> None:
    """Refresh the measures until nothing waits, then do each of the worker's tasks once.

    A worker that is at the same task has its lock, or has done it: both are as good.
    """
    with connect(settings, "ingest", autocommit=True) as connection:
        wait_until(lambda: _taken_up(connection), PATIENCE, every=0.5)
        for task in tasks(settings, clock):
            with suppress(PublicationError):
                task.work(connection)


def _taken_up(connection: psycopg.Connection[Any]) -> bool:
    """Refresh, and return whether nothing waits any more."""
    refresh(connection)
    with connection.transaction(), connection.cursor() as cursor:
        state = read_state(cursor)
        return state is not None and not state.needs_recount and waiting(cursor, state.taken_up_to) == NOTHING
