"""What the demonstration proves at its end: the ledger is the simulator's truth, the counters are a recount."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from producers.region import Region, TruthMove
from schemas.events.reading import read_message
from schemas.events.rules import MOVE_DEFAULTS
from streams.ingest.decode import content_hash

LEDGER = """
SELECT landlord, move_id, revision, status, direction, effective_on, date_precision, commune, qpv_2024,
    qpv_2015, reason, flow IS NOT NULL
FROM core.move JOIN core.cell USING (cell_id)
"""


@dataclass(frozen=True)
class Comparison:
    """How many moves the ledger and the truth hold, and how many of them are not the same."""

    ledger: int
    truth: int
    differing: int

    @property
    def equal(self) -> bool:
        """Whether the ledger is the truth, move for move."""
        return self.differing == 0 and self.ledger == self.truth


def wire_hash(direction: str, data: dict[str, Any]) -> bytes:
    """Return the content hash that the worker computes for a move's `data` as it is on the wire."""
    event_type = f"fr.data-quartiers.tenancy.move-{direction}.v1"
    envelope = {"specversion": "1.0", "id": "x", "source": "urn:siren:000000000", "type": event_type}
    payload = orjson.dumps(envelope | {"time": "2020-01-01T00:00:00Z", "data": data}, default=str)
    read = read_message(payload).events[0][1]["data"]
    return content_hash(MOVE_DEFAULTS | read | {"direction": direction})


def _expected(move: TruthMove, date_precision: str) -> tuple[object, ...]:
    effective_on = move.effective_on.replace(day=1) if date_precision == "month" else move.effective_on
    counted = move.in_scope and move.status == "effective"
    place = (move.commune, move.qpv_2024, move.qpv_2015)
    return (move.revision, move.status, move.direction, effective_on, *place, move.reason, counted)


def compare(connection: psycopg.Connection[Any], region: Region) -> Comparison:
    """Compare the ledger with the simulator's truth, move for move."""
    truth: dict[tuple[str, UUID], TruthMove] = region.truth(wire_hash).moves
    ledger = differing = 0
    with connection.transaction(), connection.cursor("ledger") as cursor:
        cursor.itersize = 20_000
        cursor.execute(LEDGER)
        for landlord, move_id, revision, status, direction, effective_on, precision, *rest in cursor:
            ledger += 1
            move = truth.get((landlord, move_id))
            found = (revision, status, direction, effective_on, *rest)
            differing += move is None or _expected(move, precision) != found
    return Comparison(ledger, len(truth), differing)
