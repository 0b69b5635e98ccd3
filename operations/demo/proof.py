"""What the demonstration proves at its end: the ledger is the simulator's truth, and so is the quarantine."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
QUARANTINE = "SELECT reason, count(*) FROM core.quarantine GROUP BY 1"
Key = tuple[str, UUID]
LedgerRow = tuple[Any, ...]


@dataclass(frozen=True)
class Comparison:
    """How many moves the ledger and the truth hold, how many of them are not the same, and what was refused.

    `differing` counts moves of the ledger that the truth lacks or tells otherwise; `missing` those of the truth
    that the ledger lacks.
    """

    ledger: int
    truth: int
    differing: int
    missing: int
    quarantined: Counter[str] = field(default_factory=Counter)
    malformed: Counter[str] = field(default_factory=Counter)

    @property
    def moves_equal(self) -> bool:
        """Whether the ledger is the truth, move for move."""
        return self.differing == 0 and self.missing == 0

    @property
    def quarantine_equal(self) -> bool:
        """Whether exactly the spoilt events were refused, each for its reason."""
        return self.quarantined == self.malformed

    @property
    def equal(self) -> bool:
        """Whether both are so."""
        return self.moves_equal and self.quarantine_equal


def wire_hash(direction: str, data: dict[str, Any]) -> bytes:
    """Return the content hash that the worker computes for a move's `data` as it is on the wire."""
    event_type = f"fr.data-quartiers.tenancy.move-{direction}.v1"
    envelope = {"specversion": "1.0", "id": "x", "source": "urn:siren:000000000", "type": event_type}
    payload = orjson.dumps(envelope | {"time": "2020-01-01T00:00:00Z", "data": data}, default=str)
    read = read_message(payload).events[0][1]["data"]
    return content_hash(MOVE_DEFAULTS | read | {"direction": direction})


def _expected(move: TruthMove, date_precision: str) -> LedgerRow:
    effective_on = move.effective_on.replace(day=1) if date_precision == "month" else move.effective_on
    counted = move.in_scope and move.status == "effective"
    place = (move.commune, move.qpv_2024, move.qpv_2015)
    return (move.revision, move.status, move.direction, effective_on, *place, move.reason, counted)


def compare_moves(ledger: Iterable[LedgerRow], truth: Mapping[Key, TruthMove]) -> Comparison:
    """Compare rows of `LEDGER` with the truth, move for move."""
    rows = differing = known = 0
    for landlord, move_id, revision, status, direction, effective_on, precision, *rest in ledger:
        rows += 1
        move = truth.get((landlord, move_id))
        known += move is not None
        found = (revision, status, direction, effective_on, *rest)
        differing += move is None or _expected(move, precision) != found
    return Comparison(rows, len(truth), differing, len(truth) - known)


def compare(connection: psycopg.Connection[Any], region: Region) -> Comparison:
    """Compare ledger and quarantine with what the simulator published."""
    truth = region.truth(wire_hash)
    with connection.transaction():
        quarantined = Counter(dict(connection.execute(QUARANTINE).fetchall()))
        with connection.cursor("ledger") as cursor:
            cursor.itersize = 20_000
            moves = compare_moves(cursor.execute(LEDGER), truth.moves)
    return Comparison(moves.ledger, moves.truth, moves.differing, moves.missing, quarantined, truth.malformed)
