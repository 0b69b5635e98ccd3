"""What was read, what is to be sent, and what was: one SQLite file.

Invariant: a message's deliveries and the position after it are written in one transaction: however often the notifier
is stopped, a step is queued once for each recipient.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.alerts import AlertStep

_SCHEMA = """
CREATE TABLE IF NOT EXISTS position (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS step (identity TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    identity TEXT NOT NULL REFERENCES step, recipient TEXT NOT NULL, due_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, failure TEXT, sent_at TEXT,
    PRIMARY KEY (identity, recipient)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS letter (
    week TEXT NOT NULL, recipient TEXT NOT NULL, due_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, failure TEXT,
    sent_at TEXT, PRIMARY KEY (week, recipient)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON delivery (due_at) WHERE sent_at IS NULL;
"""


class Due(NamedTuple):
    """What may be sent to one recipient now, the oldest step first, and how often it was tried."""

    recipient: str
    steps: list[tuple[str, AlertStep]]
    attempts: int


class Waiting(NamedTuple):
    """What waits for one recipient: how many steps and letters, since which failure."""

    recipient: str
    steps: int
    failure: str | None


class Journal:
    """The file. One notifier at a time writes it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def next_offsets(self) -> dict[int, int]:
        """Return where reading goes on, by partition."""
        return dict(self._database.execute("SELECT partition, next_offset FROM position"))

    def queue(
        self, partition: int, offset: int, told: tuple[str, AlertStep] | None, to: Iterable[tuple[str, datetime]]
    ) -> None:
        """Note a message as read, and what is to be sent of it: (recipient, from which instant on)."""
        with self._transaction() as database:
            if told is not None:
                identity, step = told
                database.execute("INSERT OR IGNORE INTO step VALUES (?, ?)", (identity, step.model_dump_json()))
                database.executemany(
                    "INSERT OR IGNORE INTO delivery (identity, recipient, due_at) VALUES (?, ?, ?)",
                    [(identity, recipient, _text(due_at)) for recipient, due_at in to],
                )
            database.execute(
                "INSERT INTO position VALUES (?, ?) "
                "ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset",
                (partition, offset + 1),
            )

    def due(self, now: datetime) -> list[Due]:
        """Return what may be sent now."""
        rows = self._database.execute(
            "SELECT recipient, identity, content, attempts FROM delivery JOIN step USING (identity) "
            "WHERE sent_at IS NULL AND due_at <= ? ORDER BY recipient, step.rowid",
            (_text(now),),
        ).fetchall()
        found: dict[str, Due] = {}
        for recipient, identity, content, attempts in rows:
            one = found.setdefault(recipient, Due(recipient, [], attempts))
            one.steps.append((identity, AlertStep.model_validate_json(content)))
        return list(found.values())

    def sent(self, recipient: str, identities: Iterable[str], now: datetime) -> None:
        """Note what was sent."""
        with self._transaction() as database:
            database.executemany(
                "UPDATE delivery SET sent_at = ?, failure = NULL WHERE identity = ? AND recipient = ?",
                [(_text(now), identity, recipient) for identity in identities],
            )

    def failed(self, recipient: str, identities: Iterable[str], why: str, again_at: datetime) -> None:
        """Note what could not be sent, and when it is tried again."""
        with self._transaction() as database:
            database.executemany(
                "UPDATE delivery SET attempts = attempts + 1, failure = ?, due_at = ? "
                "WHERE identity = ? AND recipient = ?",
                [(why, _text(again_at), identity, recipient) for identity in identities],
            )

    def letter_attempts(self, recipient: str, week: date, now: datetime) -> int | None:
        """Return how often a week's letter was tried in vain, None if it was sent or is not to be tried yet."""
        found = self._database.execute(
            "SELECT attempts, sent_at, due_at FROM letter WHERE (week, recipient) = (?, ?)",
            (week.isoformat(), recipient),
        ).fetchone()
        if found is None:
            return 0
        attempts, sent_at, due_at = found
        return None if sent_at or due_at > _text(now) else int(attempts)

    def letter_sent(self, recipient: str, week: date, now: datetime) -> None:
        """Note a week's letter as sent."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO letter (week, recipient, sent_at) VALUES (?, ?, ?) "
                "ON CONFLICT (week, recipient) DO UPDATE SET sent_at = excluded.sent_at, failure = NULL",
                (week.isoformat(), recipient, _text(now)),
            )

    def letter_failed(self, recipient: str, week: date, why: str, again_at: datetime) -> None:
        """Note a week's letter that could not be sent, and when it is tried again."""
        with self._transaction() as database:
            database.execute(
                "INSERT INTO letter (week, recipient, due_at, attempts, failure) VALUES (?, ?, ?, 1, ?) "
                "ON CONFLICT (week, recipient) DO UPDATE SET due_at = excluded.due_at, attempts = attempts + 1, "
                "failure = excluded.failure",
                (week.isoformat(), recipient, _text(again_at), why),
            )

    def waiting(self) -> list[Waiting]:
        """Return what waits, by recipient."""
        rows = self._database.execute(
            "SELECT recipient, count(*), max(failure) FROM (SELECT recipient, failure FROM delivery "
            "WHERE sent_at IS NULL UNION ALL SELECT recipient, failure FROM letter WHERE sent_at IS NULL) "
            "GROUP BY 1 ORDER BY 1"
        )
        return [Waiting(*row) for row in rows]


def _text(instant: datetime) -> str:
    """Return an instant as text that sorts as time does."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
