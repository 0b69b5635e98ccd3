"""The ledger of moves: a last-writer-wins register per (landlord, move).

Invariant: a move's row is its greatest (revision, content hash), whatever the order of arrival. What is new
is inserted at once; only for what the ledger already knew is the old image compared and taken. The view
`signed_delta` then holds what the counters must add: minus the old image, plus the new one.
"""

from collections.abc import Sequence
from typing import Any

import psycopg

from streams.ledger.rows import COLUMNS, COPY_HEADER, COPY_TRAILER, TEXT_COLUMNS

Rank = tuple[int, bytes]
Key = tuple[str, bytes]

_KEPT = COLUMNS[1:]
_CHANGED = [name for name in _KEPT if name not in ("move_id", "landlord")]

TEMPORARY_TABLES = f"""
CREATE TEMP TABLE IF NOT EXISTS incoming (
    seq integer NOT NULL, move_id uuid NOT NULL, revision bigint NOT NULL, content_hash bytea NOT NULL,
    received_on date NOT NULL, effective_on date NOT NULL, cell_id integer NOT NULL, dwelling uuid NOT NULL,
    flow smallint, notice_received_on date, tenancy_started_on date, landlord text NOT NULL,
    {", ".join(f"{name} text" for name in TEXT_COLUMNS)}
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS known (
    seq integer NOT NULL, revision bigint NOT NULL, content_hash bytea NOT NULL, newer boolean NOT NULL,
    received_on date NOT NULL, effective_on date NOT NULL, cell_id integer NOT NULL, flow smallint,
    tenancy_started_on date, landlord text NOT NULL, reason text NOT NULL, place text NOT NULL,
    rooms text NOT NULL, financing text, move_id uuid NOT NULL
) ON COMMIT DELETE ROWS;
CREATE OR REPLACE TEMP VIEW signed_delta AS
SELECT 1 AS delta, received_on, effective_on, cell_id, flow, tenancy_started_on, landlord, reason, place, rooms,
    financing
FROM incoming
WHERE flow IS NOT NULL AND NOT EXISTS (SELECT FROM known WHERE known.seq = incoming.seq AND NOT known.newer)
UNION ALL
SELECT -1, received_on, effective_on, cell_id, flow, tenancy_started_on, landlord, reason, place, rooms, financing
FROM known WHERE newer AND flow IS NOT NULL;
"""  # noqa: S608

INSERT_NEW = f"""
INSERT INTO core.move ({", ".join(_KEPT)}, applied_in) SELECT {", ".join(_KEPT)}, %s FROM incoming
ON CONFLICT (move_id, landlord) DO NOTHING
"""  # noqa: S608

# A row of the ledger that this batch did not write was there before: that is the old image. OFFSET 0 keeps
# the planner, which knows nothing of a temporary table, from reading the whole ledger for a few moves.
TAKE_OLD_IMAGES = """
INSERT INTO known
SELECT i.seq, m.revision, m.content_hash, (i.revision, i.content_hash) > (m.revision, m.content_hash),
    i.received_on, m.effective_on, m.cell_id, m.flow, m.tenancy_started_on, m.landlord, m.reason, m.place,
    m.rooms, m.financing, m.move_id
FROM incoming AS i
CROSS JOIN LATERAL (
    SELECT * FROM core.move WHERE move.move_id = i.move_id AND move.landlord = i.landlord OFFSET 0) AS m
WHERE m.applied_in <> %s
"""

REPLACE_OLDER = f"""
UPDATE core.move AS m SET applied_in = %s, {", ".join(f"{name} = i.{name}" for name in _CHANGED)}
FROM known JOIN incoming AS i USING (seq)
WHERE known.newer AND m.move_id = i.move_id AND m.landlord = i.landlord
"""  # noqa: S608


def lock_landlords(cursor: psycopg.Cursor[Any], sirens: Sequence[str]) -> None:
    """Take the landlords' locks until the end of the transaction, in one order for all workers.

    Without them a zombie worker after a rebalance corrupts a counter (shown by experiment).
    """
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('landlord ' || siren, 0)) FROM unnest(%s::text[]) AS siren",
        (sorted(set(sirens)),),
    )


def stage(cursor: psycopg.Cursor[Any], rows: Sequence[bytes]) -> None:
    """Send the packed rows (`rows.packed_move`, at most one a move) into `incoming` by binary COPY."""
    with cursor.copy(f"COPY incoming ({', '.join(COLUMNS)}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"".join((COPY_HEADER, *rows, COPY_TRAILER)))


def apply_staged(cursor: psycopg.Cursor[Any], staged: int, batch_id: int) -> dict[Key, Rank]:
    """Bring the ledger to the greatest revisions; return the earlier rank of each move that was known.

    Afterwards `signed_delta` holds what counters must add, until the transaction ends.
    """
    cursor.execute(INSERT_NEW, (batch_id,))
    if cursor.rowcount == staged:
        return {}
    cursor.execute(TAKE_OLD_IMAGES, (batch_id,))
    cursor.execute(REPLACE_OLDER, (batch_id,))
    cursor.execute("SELECT landlord, move_id, revision, content_hash FROM known")
    return {(landlord, move_id.bytes): (rev, bytes(hash_)) for landlord, move_id, rev, hash_ in cursor.fetchall()}
