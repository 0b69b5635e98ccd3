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
    seq integer NOT NULL, row_of_old tid NOT NULL, newer boolean NOT NULL, old core.move NOT NULL,
    fresh incoming NOT NULL
) ON COMMIT DELETE ROWS;
CREATE OR REPLACE TEMP VIEW signed_delta AS
SELECT 1 AS delta, received_on, effective_on, cell_id, flow, tenancy_started_on, landlord, reason, place, rooms,
    financing
FROM incoming
WHERE flow IS NOT NULL AND NOT EXISTS (SELECT FROM known WHERE known.seq = incoming.seq AND NOT known.newer)
UNION ALL
SELECT -1, (fresh).received_on, (old).effective_on, (old).cell_id, (old).flow, (old).tenancy_started_on,
    (old).landlord, (old).reason, (old).place, (old).rooms, (old).financing
FROM known WHERE newer AND (old).flow IS NOT NULL;
"""  # noqa: S608

# What is not inserted the ledger knew: its row there, as it was before this statement, is the old image.
# OFFSET 0 keeps the planner, which knows nothing of a temporary table, from reading the whole ledger for it.
APPLY_NEW = f"""
WITH inserted AS (
    INSERT INTO core.move ({", ".join(_KEPT)}) SELECT {", ".join(_KEPT)} FROM incoming
    ON CONFLICT (move_id, landlord) DO NOTHING RETURNING move_id, landlord
)
INSERT INTO known
SELECT i.seq, m.ctid, (i.revision, i.content_hash) > ((m.old).revision, (m.old).content_hash), m.old, i
FROM incoming AS i
CROSS JOIN LATERAL (
    SELECT move.ctid, move AS old FROM core.move WHERE move.move_id = i.move_id AND move.landlord = i.landlord
    OFFSET 0) AS m
WHERE (i.move_id, i.landlord) NOT IN (SELECT move_id, landlord FROM inserted)
"""  # noqa: S608

# By its place in the table: the landlord's lock keeps the row where it was found.
REPLACE_OLDER = f"""
UPDATE core.move AS m SET recorded_in = pg_current_xact_id()::text::bigint,
    {", ".join(f"{name} = (fresh).{name}" for name in _CHANGED)}
FROM known WHERE newer AND m.ctid = row_of_old
"""  # noqa: S608


# Of what is staged, in an index of its own; OFFSET 0 as above.
FOLDED = """
SELECT i.landlord, i.move_id FROM incoming AS i
CROSS JOIN LATERAL (
    SELECT FROM core.tombstone AS t WHERE t.move_id = i.move_id AND t.landlord = i.landlord OFFSET 0) AS stone
"""


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


def folded(cursor: psycopg.Cursor[Any]) -> set[Key]:
    """Return which of the staged moves are no longer kept as rows: folded, for ever."""
    cursor.execute(FOLDED)
    return {(landlord, move_id.bytes) for landlord, move_id in cursor.fetchall()}


def apply_staged(cursor: psycopg.Cursor[Any]) -> dict[Key, Rank]:
    """Bring the ledger to the greatest revisions; return the earlier rank of each move that was known.

    Afterwards `signed_delta` holds what counters must add, until the transaction ends.
    """
    cursor.execute(APPLY_NEW)
    if not cursor.rowcount:
        return {}
    cursor.execute(REPLACE_OLDER)
    cursor.execute("SELECT (old).landlord, (old).move_id, (old).revision, (old).content_hash FROM known")
    return {(landlord, move_id.bytes): (rev, bytes(hash_)) for landlord, move_id, rev, hash_ in cursor.fetchall()}
