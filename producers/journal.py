"""What was sent, under pseudonyms: the revision, content and step of each move, kept in `state.sqlite`.

A revision is the instant of the extract that first said this content. The journal is **written before** the message
leaves, so that a revision never stands for two contents:

- a crash before the journal is written: nothing was sent; the same file starts again;
- a crash after it: the same file finds the same revision for the same content and sends it (again: a duplicate);
  a corrected file finds the content changed and takes a greater revision.

What is not in a file a second time (moves derived from two states) waits in the journal, whole, until it is
acknowledged. Without a journal (another machine) the same file gives the same revisions: those of its own instant.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from producers.errors import LandlordError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS move (
    move_id TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    extracted INTEGER NOT NULL,
    digest BLOB NOT NULL,
    step INTEGER NOT NULL,
    direction TEXT NOT NULL,
    month TEXT,
    pending BLOB
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS move_pending ON move (move_id) WHERE pending IS NOT NULL;
CREATE TABLE IF NOT EXISTS register (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    extracted INTEGER NOT NULL,
    digest BLOB NOT NULL,
    sent INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dwelling (
    dwelling TEXT PRIMARY KEY,
    seen INTEGER NOT NULL,
    tenancies TEXT NOT NULL
) WITHOUT ROWID;
"""
_AT_ONCE = 500
PATIENCE = 5.0
TOLERANCE = 3_600
"""Seconds that two clocks may differ by (`instants.instant_of` has the same)."""


class Entry(NamedTuple):
    """What the journal knows of a move. `extracted` is the instant (seconds) of the extract that said it."""

    revision: int
    extracted: int
    digest: bytes
    step: int


class Row(NamedTuple):
    """A move as it is about to be sent. `month` is where it counts (YYYY-MM), None if it does not.

    `pending` is the whole event of a move that no file will say again, kept until it is acknowledged. `former` is the
    identity under which the same move counts no more.
    """

    move_id: str
    revision: int
    extracted: int
    digest: bytes
    step: int
    direction: str
    month: str | None
    pending: bytes | None = None
    former: str | None = None


def revision_of(known: Entry | None, former: Entry | None, digest: bytes, extracted: int) -> int:
    """Return the revision of a content said by an extract of the instant `extracted` (seconds).

    Unchanged: the one it has. Changed: greater than all before it. An extract older than the one that was sent
    last is no correction: it bears its own instant, and the observatory keeps the newer. `former` is the same move
    under its former identity.
    """
    if known is None:
        return extracted if former is None else max(extracted, former.revision + 1)
    if known.digest == digest:
        return known.revision
    if extracted < known.extracted:
        return extracted
    return max(extracted, known.revision + 1)


class Journal:
    """The file, open for one command at a time. Use it as a context manager: an error leaves it as it was."""

    def __init__(self, path: Path, now: int | None = None) -> None:
        """Open or make the file, owned by its user. Raises LandlordError if it is damaged or in use.

        `now` (seconds): an instant beyond it was written by a clock that was wrong, and is no newer than any extract.
        """
        self._now = now
        path.touch(mode=0o600, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=PATIENCE)
        try:
            self._connection.execute("PRAGMA synchronous = FULL")
            # Held between transactions too: another publication would take revisions that this one has prepared.
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.executescript(_SCHEMA)
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise  # a disk that is full, say
            raise LandlordError(f"{path} est employé par un autre envoi : attendez qu'il finisse.") from error
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise LandlordError(
                f"{path} est abîmé. Remettez sa sauvegarde, ou ôtez-le : le prochain envoi d'un fichier de mouvements "
                "n'en souffre pas ; celui d'états successifs repart d'un premier état."
            ) from error

    def __enter__(self) -> Self:
        """Return the journal, in a transaction."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo what was not kept by `keep`, and close."""
        with closing(self._connection):
            self._connection.execute("ROLLBACK")

    def keep(self) -> None:
        """Make what was written last, and go on."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN IMMEDIATE")

    # -- moves
    def entries(self, move_ids: Sequence[str]) -> dict[str, Entry]:
        """Return what is known of these moves."""
        found: dict[str, Entry] = {}
        for start in range(0, len(move_ids), _AT_ONCE):
            part = move_ids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT move_id, revision, extracted, digest, step FROM move WHERE move_id IN ({marks})",  # noqa: S608
                part,
            )
            found |= {row[0]: self._entry(*row[1:]) for row in rows}
        return found

    def _entry(self, revision: int, extracted: int, digest: bytes, step: int) -> Entry:
        """Return what was written, its instant believed only if it can be one."""
        past = self._now is None or extracted <= self._now + TOLERANCE
        return Entry(revision, extracted if past else 0, digest, step)

    def write(self, rows: Iterable[Row]) -> None:
        """Write what is about to be sent."""
        held = list(rows)
        self._connection.executemany(
            "INSERT OR REPLACE INTO move VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (row[:-1] for row in held)
        )
        self._connection.executemany(
            "UPDATE move SET month = NULL WHERE move_id = ?", ((row.former,) for row in held if row.former)
        )

    def pending(self) -> list[tuple[str, bytes]]:
        """Return (move id, event) of the derived moves that were never acknowledged."""
        return self._connection.execute(
            "SELECT move_id, pending FROM move WHERE pending IS NOT NULL ORDER BY move_id"
        ).fetchall()

    def acknowledge(self, move_ids: Iterable[str]) -> None:
        """Forget the events of derived moves that the broker has."""
        self._connection.executemany("UPDATE move SET pending = NULL WHERE move_id = ?", ((one,) for one in move_ids))

    def totals(self, first: str, last: str) -> list[tuple[str, str, int]]:
        """Return (month, direction, moves) of the effective moves sent of the months `first` to `last`."""
        return self._connection.execute(
            "SELECT month, direction, count(*) FROM move WHERE month BETWEEN ? AND ? GROUP BY 1, 2 ORDER BY 1, 2",
            (first, last),
        ).fetchall()

    # -- stock and declaration
    def register_revision(self, name: str, digest: bytes, extracted: int) -> tuple[int, bool]:
        """Return the revision of a stock or declaration, and whether it is still to be sent; writes it down."""
        row = self._connection.execute(
            "SELECT revision, extracted, digest, sent FROM register WHERE name = ?", (name,)
        ).fetchone()
        known = self._entry(row[0], row[1], row[2], 0) if row else None
        revision = revision_of(known, None, digest, extracted)
        unsent = row is None or row[2] != digest or not row[3]
        if unsent and (known is None or extracted >= known.extracted):
            self._connection.execute(
                "INSERT OR REPLACE INTO register VALUES (?, ?, ?, ?, 0)", (name, revision, extracted, digest)
            )
        return revision, unsent

    def register_sent(self, name: str, revision: int) -> None:
        """Note that the broker has this revision of a stock or declaration."""
        self._connection.execute("UPDATE register SET sent = 1 WHERE name = ? AND revision = ?", (name, revision))

    # -- facts
    def fact(self, name: str) -> str | None:
        """Return what was written down under a name."""
        row = self._connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def day(self, name: str) -> date | None:
        """Return the day written down under a name."""
        text = self.fact(name)
        return date.fromisoformat(text) if text else None

    def set_fact(self, name: str, value: str) -> None:
        """Write something down."""
        self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    # -- states of dwellings
    def dwelling(self, dwelling: str) -> tuple[str, int] | None:
        """Return what is known of a dwelling's tenancies, and the instant of the last extract that had it."""
        found: tuple[str, int] | None = self._connection.execute(
            "SELECT tenancies, seen FROM dwelling WHERE dwelling = ?", (dwelling,)
        ).fetchone()
        return found

    def set_dwelling(self, dwelling: str, seen: int, tenancies: str) -> None:
        """Write what is known of a dwelling; `seen` is the instant of the extract that had it."""
        self._connection.execute("INSERT OR REPLACE INTO dwelling VALUES (?, ?, ?)", (dwelling, seen, tenancies))

    def rename_dwelling(self, former: str, dwelling: str) -> None:
        """Carry what is known of a dwelling over to its pseudonym under a new key."""
        self._connection.execute("UPDATE dwelling SET dwelling = ? WHERE dwelling = ?", (dwelling, former))

    def dwellings_seen(self, seen: int) -> int:
        """Return how many dwellings were seen in the extract of this instant."""
        return int(self._connection.execute("SELECT count(*) FROM dwelling WHERE seen = ?", (seen,)).fetchone()[0])
