"""What was refused and why: chosen by landlord, reason and day, told without its content, and emptied in time.

Invariant: purging takes the content and what quotes it away, never the fact: reasons and tallies still add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from streams.retention.refused import BEFORE, EMPTY, KEPT_DAYS

CHOSEN = """
(%(landlord)s::text IS NULL OR landlord = %(landlord)s) AND (%(reason)s::text IS NULL OR reason = %(reason)s)
    AND (%(since)s::date IS NULL OR (received_at AT TIME ZONE 'Europe/Paris')::date >= %(since)s)
    AND (%(until)s::date IS NULL OR (received_at AT TIME ZONE 'Europe/Paris')::date <= %(until)s)
"""


@dataclass(frozen=True)
class Selection:
    """Which refused events: of a landlord (SIREN), of a reason, received from a Paris day to another. None: any."""

    landlord: str | None = None
    reason: str | None = None
    since: date | None = None
    until: date | None = None

    def parameters(self) -> dict[str, Any]:
        """Return the values of `CHOSEN`."""
        return vars(self).copy()


@dataclass(frozen=True)
class Refused:
    """One refused event, its content left out."""

    quarantine_id: int
    landlord: str
    received_at: datetime
    reason: str
    pointer: str
    topic: str
    partition: int
    message_offset: int
    event_index: int
    message_fr: str
    redriven_at: datetime | None
    purged_at: datetime | None

    @property
    def state_fr(self) -> str:
        """What became of it since."""
        if self.redriven_at is not None:
            return "repris"
        return "effacé" if self.purged_at is not None else "à corriger"


_COLUMNS = ", ".join(Refused.__dataclass_fields__)


def listed(connection: psycopg.Connection[Any], chosen: Selection, limit: int) -> list[Refused]:
    """Return the chosen events, the newest first, at most `limit`."""
    query = (
        f"SELECT {_COLUMNS} FROM core.quarantine WHERE {CHOSEN} "  # noqa: S608
        "ORDER BY received_at DESC, quarantine_id DESC LIMIT %(limit)s"
    )
    with connection.cursor(row_factory=class_row(Refused)) as cursor:
        return cursor.execute(query, chosen.parameters() | {"limit": limit}).fetchall()


def counted(connection: psycopg.Connection[Any], chosen: Selection) -> Mapping[str, int]:
    """Return how many of the chosen events there are, by reason."""
    query = f"SELECT reason, count(*) FROM core.quarantine WHERE {CHOSEN} GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608
    return dict(connection.execute(query, chosen.parameters()).fetchall())


def found(connection: psycopg.Connection[Any], number: int) -> Refused | None:
    """Return one event by its number."""
    query = f"SELECT {_COLUMNS} FROM core.quarantine WHERE quarantine_id = %s"  # noqa: S608
    with connection.cursor(row_factory=class_row(Refused)) as cursor:
        return cursor.execute(query, (number,)).fetchone()


def content(connection: psycopg.Connection[Any], number: int) -> bytes | None:
    """Return the bytes of one event as they came, None if they were purged or there is no such event."""
    rows = connection.execute("SELECT payload FROM core.quarantine WHERE quarantine_id = %s", (number,)).fetchall()
    return bytes(rows[0][0]) if rows and rows[0][0] is not None else None


def purge(connection: psycopg.Connection[Any], chosen: Selection, *, today: date, older_than: int = KEPT_DAYS) -> int:
    """Take away the content of what was received more than `older_than` days before; return of how many events.

    Pointer and message go too: they quote the sender.
    """
    wanted = chosen.parameters() | {"before": today - timedelta(days=older_than)}
    return connection.execute(f"{EMPTY}{BEFORE} AND {CHOSEN}", wanted).rowcount
