"""What a worker does beside ingesting, in the order in which one feeds the next.

Invariant: a task works on what is committed, in transactions of its own, and leaves nothing half done: whoever ends it
may begin it again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from runtime.clock import Clock, paris_today
from runtime.logging import logger
from runtime.settings import Settings
from schemas.secrecy import RulesError, rules_in_force
from streams import worker_settings as figures
from streams.alerts.watch import watch
from streams.measures.refresh import refresh, refreshed_at
from streams.publication.due import due_months
from streams.publication.findings import tell_findings
from streams.publication.live import live_state, show_live
from streams.publication.publish import PublicationError, publish
from streams.publication.staff import show
from streams.retention import nightly

REFUSED = (psycopg.Error, PublicationError, RulesError)
log = logger(__name__)
Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Task:
    """Work on a connection, every so many seconds, at most a share of the time; `name` is for logs."""

    name: str
    work: Callable[[Connection], object]
    seconds: float
    share: float = 1.0


def tasks(settings: Settings, clock: Clock) -> list[Task]:
    """Return what one worker does. Several workers take turns, or find nothing to do."""

    def show_staff(connection: Connection) -> None:
        show(connection, rules_in_force(settings.instance_dir))

    def publish_next(connection: Connection) -> None:
        """Make a vintage that is due on the fixed day of the rules; missed ones are caught up, one a tick."""
        rules = rules_in_force(settings.instance_dir)
        with connection.transaction():
            months = due_months(connection, rules, paris_today(clock))
        if months:
            made = publish(connection, rules, months[0])
            log.info("vintage frozen", month=str(made.month), figures=made.figures)

    share = figures.BESIDE_SHARE
    return [
        Task("measures", refresh, figures.MEASURES_SECONDS, share),
        Task("findings", once_changed(refreshed_at, tell_findings), figures.SHOWN_SECONDS, share),
        Task("windows shown to staff", once_changed(refreshed_at, show_staff), figures.SHOWN_SECONDS, share),
        Task("live windows shown to staff", once_changed(live_state, show_live), figures.LIVE_SECONDS, share),
        Task("alerts", once_changed(refreshed_at, watch), figures.SHOWN_SECONDS, share),
        Task("vintage", publish_next, figures.PUBLICATION_SECONDS),
        Task("retention", fold, figures.RETENTION_SECONDS),
    ]


def fold(connection: Connection) -> None:
    """Fold what is past its time, once a night, after the windows have rolled."""
    if nightly.is_due(connection) and (done := nightly.run(connection)) and done.moves:
        log.info("folded", moves=done.moves, days=done.days, facts=done.facts, before=str(done.before))


def once_changed(
    state: Callable[[Connection], object], work: Callable[[Connection], object]
) -> Callable[[Connection], None]:
    """Return what does the work if the state is not that of the last time it was done."""
    done: list[object] = [None]

    def work_if_changed(connection: Connection) -> None:
        now = state(connection)
        if now != done[0]:
            work(connection)
            done[0] = now

    return work_if_changed
