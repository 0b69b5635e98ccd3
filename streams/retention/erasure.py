"""Erase what is kept under pseudonyms, at the demand of the landlord, who alone can compute them.

Invariant: the ledger, the quarantine and the outbox name none of them afterwards, and every counter is what it was:
rows are folded as old ones are. What remains until the limit is the day of a contribution, of nobody. Tombstones keep
the moves from coming back with what Kafka still holds.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from runtime.clock import PARIS
from runtime.topics import moves_topic, receipts_topic
from schemas.events.receipts import SOURCE, ReceiptData, ReceiptEvent
from schemas.events.receipts import Erased as ReceiptErased
from streams.measures.refresh import refresh
from streams.retention import folding
from streams.retention.refused import EMPTY

KAFKA_DAYS = 30
"""How long a landlord's topic keeps a message: nothing of it can be taken out before."""
# A successor's pseudonyms are also in the rows that count at the landlord which it took over.
OF_THESE = """
FROM core.move
WHERE (landlord = %(landlord)s OR landlord IN (SELECT siren FROM core.landlord WHERE merged_into = %(landlord)s))
    AND (move_id = ANY(%(pseudonyms)s) OR dwelling = ANY(%(pseudonyms)s))
"""
COLLECT = "INSERT INTO fold_due SELECT landlord, move_id, (row_number() OVER (PARTITION BY landlord) - 1) / %(size)s "
COLLECT += OF_THESE
LEFT = "SELECT count(*) " + OF_THESE
ATTEMPTS = 5
REFUSED = "SELECT quarantine_id, payload FROM core.quarantine WHERE payload IS NOT NULL ORDER BY 1"
FORGET_REFUSED = EMPTY + "quarantine_id = ANY(%s)"
WAITING = "SELECT outbox_id, payload FROM core.outbox ORDER BY 1"
FORGET_WAITING = "DELETE FROM core.outbox WHERE outbox_id = ANY(%s)"
LEAVE = "INSERT INTO core.outbox (topic, message_id, payload) VALUES (%s, %s, %s)"


class NotYetError(RuntimeError):
    """A transaction that runs on keeps the measures from taking up what is to be erased: another time."""


@dataclass(frozen=True)
class Erased:
    """What was erased: rows of the ledger, contents of refused events, receipts that waited to be sent."""

    moves: int
    refused: int
    receipts: int


def erase(connection: psycopg.Connection[Any], landlord: str, pseudonyms: Collection[UUID]) -> Erased:
    """Erase what names one of the pseudonyms, of dwellings or of moves. The connection must be in autocommit.

    What of the landlord is still to be read must have been read before: it would come in afterwards. Doing it twice
    changes nothing. Raises NotYetError where something else keeps rows from being folded.
    """
    wanted = {"landlord": landlord, "pseudonyms": list(pseudonyms), "size": folding.SLICE}
    moves = attempt = 0
    while connection.execute(LEFT, wanted).fetchall()[0][0]:
        if (attempt := attempt + 1) > ATTEMPTS:
            raise NotYetError("rows recorded beside a transaction that runs on cannot be folded yet")
        refresh(connection)
        folding.collect(connection, COLLECT, wanted)
        moves += folding.fold_collected(connection, erased=True)
    with connection.transaction():
        refused = _naming(connection.execute(REFUSED), pseudonyms)
        waiting = _naming(connection.execute(WAITING), pseudonyms)
        return Erased(
            moves,
            connection.execute(FORGET_REFUSED, (refused,)).rowcount,
            connection.execute(FORGET_WAITING, (waiting,)).rowcount,
        )


def _naming(rows: psycopg.Cursor[Any], pseudonyms: Collection[UUID]) -> list[int]:
    found = [number for number, payload in rows if names(bytes(payload), pseudonyms)]
    rows.close()
    return found


def names(payload: bytes, pseudonyms: Collection[UUID]) -> bool:
    """Return whether bytes name one of the pseudonyms, however they are written: capitals, no hyphens, escapes."""
    texts = list(_readings(payload))
    return any(one.hex.encode() in text for one in pseudonyms for text in texts)


def _readings(payload: bytes) -> Iterator[bytes]:
    yield payload.lower().replace(b"-", b"")
    if b"\\" in payload:
        try:
            read = json.dumps(json.loads(payload), ensure_ascii=False)
        except (ValueError, RecursionError):
            return
        yield read.encode("utf-8", "replace").lower().replace(b"-", b"")


def fingerprint(pseudonyms: Collection[UUID]) -> str:
    """Return the SHA-256 of a list of pseudonyms: by it both sides know which list, and neither has to keep it."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(map(str, pseudonyms))).encode()).hexdigest()


def forgotten_on(today: date) -> date:
    """Return the day on which Kafka has forgotten what it has received until today."""
    return today + timedelta(days=KAFKA_DAYS)


def leave_notice(
    connection: psycopg.Connection[Any],
    landlord: str,
    pseudonyms: Sequence[UUID],
    erased: Erased,
    archived: int | None,
    now: datetime,
) -> None:
    """Tell the landlord, on its topic of receipts. `archived`: lines taken from the archive, None without one."""
    today = now.astimezone(PARIS).date()
    topic, listed = moves_topic(landlord), fingerprint(pseudonyms)
    identity = f"{topic}:erasure:{listed[:16]}:{int(now.timestamp())}"
    told = ReceiptData(
        landlord=landlord,
        topic=topic,
        partition=0,
        offset=-1,
        received_on=today,
        events=0,
        outcomes={},
        erased=ReceiptErased(
            asked=len(pseudonyms),
            list_sha256=listed,
            **vars(erased),
            archived=archived,
            kafka_until=forgotten_on(today),
        ),
        summary_fr=summary(len(pseudonyms), erased, archived, today),
    )
    notice = ReceiptEvent(
        specversion="1.0",
        id=identity,
        source=SOURCE,
        type="fr.data-quartiers.receipt.v1",
        time=now,
        datacontenttype="application/json",
        data=told,
    )
    connection.execute(LEAVE, (receipts_topic(landlord), identity, notice.model_dump_json().encode()))


def summary(asked: int, erased: Erased, archived: int | None, today: date) -> str:
    """Return the notice in one sentence of French."""
    archive = "" if archived is None else f", {archived} dans l'archive"
    return (
        f"effacement de {asked} pseudonyme(s) : {erased.moves} mouvement(s) effacé(s) du registre, toujours comptés ; "
        f"{erased.refused} contenu(s) refusé(s){archive} ; Kafka aura tout oublié le {forgotten_on(today):%d/%m/%Y}"
    )
