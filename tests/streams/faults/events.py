"""Known event sets, and the oracle that reads what the broker holds: what a correct ledger must say.

Each landlord sends corrections out of order, exact repeats, and other contents under one revision. The
oracle starts from the bytes in the topics, so a publisher that was cut off and tried again changes nothing.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from producers.region.landlords import fictitious_siren
from runtime.clock import SystemClock, paris_today
from schemas.events.models import MOVE_IN, MOVE_OUT
from schemas.events.reading import read_message
from schemas.events.rules import MOVE_DEFAULTS, Rules
from schemas.territories import load
from streams.ingest.decode import move_entry

REASONS = {
    MOVE_OUT: ("mutation_interne", "autre_bailleur", "emploi", "vente_occupant", "glissement_bail"),
    MOVE_IN: ("premiere_location", "relocation", "relogement", "renouvellement"),
}
OUT_OF_SCOPE = ("glissement_bail", "renouvellement")
RULES = Rules(load())
FIRST_DAY = date(2025, 1, 1)
DAYS = 600
PADDING = 1_000  # a SIREN's number far from those of the synthetic region


class Sent(NamedTuple):
    """One Kafka message: whose, its bytes, and whether it is a JSON array."""

    siren: str
    payload: bytes
    batch: bool


def sirens(first: int, number: int) -> list[str]:
    """Return `number` fictitious SIRENs."""
    return [fictitious_siren(PADDING + first + index) for index in range(number)]


@cache
def _places() -> list[dict[str, str | None]]:
    """Return some places inside and outside QPVs of both generations."""
    known = load()
    qpvs = sorted((qpv for qpv in known.qpvs.values() if qpv.generation == 2024 and qpv.lineage), key=lambda q: q.code)
    inside = [{"commune": qpv.communes[0], "qpv_2024": qpv.code, "qpv_2015": qpv.lineage[0]} for qpv in qpvs[::4]]
    outside = [{"commune": code, "qpv_2024": None, "qpv_2015": None} for code in sorted(known.communes)[:1500:100]]
    return [*inside, *outside]


def move(siren: str, number: int, draw: random.Random, **changes: Any) -> dict[str, Any]:
    """Return a valid event about the landlord's move `number`, in a state drawn at random."""
    event_type = MOVE_OUT if number % 2 else MOVE_IN
    status = draw.choices(("effective", "announced", "cancelled"), (8, 1, 1))[0]
    data = {
        "move_id": str(UUID(int=int(siren) << 64 | number)),
        "revision": draw.randrange(1, 6),
        "status": status,
        "effective_on": (FIRST_DAY + timedelta(days=draw.randrange(DAYS))).isoformat(),
        "dwelling": str(UUID(int=number)),
        "rooms": draw.choice(("T2", "T3", "T4")),
        "reason": draw.choice(REASONS[event_type]),
        "place": draw.choice(("same_qpv", "same_commune", "elsewhere")),
        **draw.choice(_places()),
        **({"cancel_reason": "mistake"} if status == "cancelled" else {}),
    }
    return {
        "specversion": "1.0",
        "id": f"{number}-{draw.getrandbits(32):08x}",
        "source": f"urn:siren:{siren}",
        "type": event_type,
        "time": "2026-01-05T08:00:00Z",
        "datacontenttype": "application/json",
        "data": data | changes,
    }


def messages(siren: str, number: int, size: int, seed: int = 1) -> list[Sent]:
    """Return `number` messages of `size` events (single events where it is 1); one in ten is sent again."""
    draw = random.Random(f"{siren}/{seed}")
    # Half as many moves as events: most are corrected, in any order, within batches and across them.
    pool = max(number * size // 2, 2)
    found: list[Sent] = []
    while len(found) < number:
        if found and draw.random() < 0.1:
            found.append(draw.choice(found))
            continue
        events = [move(siren, draw.randrange(pool), draw) for _ in range(size)]
        found.append(Sent(siren, orjson.dumps(events if size > 1 else events[0]), size > 1))
    return found


def interleaved(plans: Sequence[Sequence[Sent]]) -> list[Sent]:
    """Return the landlords' messages in turn, each landlord's in its own order."""
    longest = max(map(len, plans))
    return [plan[turn] for turn in range(longest) for plan in plans if turn < len(plan)]


@dataclass
class Oracle:
    """What is true after these messages: the greatest (revision, content hash) of each move.

    It reads with the product's own reader and rules, for faults are about what is lost or counted twice. That the
    reading itself is right is the matter of `tests/streams/oracle.py`, which is independent of it.
    """

    events: int = 0
    per_landlord: Counter[str] = field(default_factory=Counter)
    ranks: dict[tuple[str, UUID], tuple[int, bytes]] = field(default_factory=dict)
    rows: dict[tuple[str, UUID], tuple[Any, ...]] = field(default_factory=dict)

    def read(self, siren: str, payload: bytes) -> None:
        """Take in one message. An event that is refused counts, and changes no move."""
        reading = read_message(payload)
        here = len(reading.events) + len(reading.rejected)
        self.events += here
        self.per_landlord[siren] += here
        for index, event in reading.events:
            if RULES.check(event, siren, paris_today(SystemClock())) or "move_id" not in event["data"]:
                continue
            data = MOVE_DEFAULTS | event["data"]
            rank = move_entry(index, event["type"], dict(data), siren).rank
            key = (siren, data["move_id"])
            if key in self.ranks and self.ranks[key] >= rank:
                continue
            counted = data["status"] == "effective" and data["reason"] not in OUT_OF_SCOPE
            self.ranks[key] = rank
            self.rows[key] = (
                *(data["revision"], data["status"], "out" if event["type"] == MOVE_OUT else "in"),
                *(data["effective_on"], data["reason"], data["rooms"], data["place"]),
                *(data["commune"], data["qpv_2024"], data["qpv_2015"], counted),
            )


def oracle(topics: Iterable[tuple[str, list[bytes]]]) -> Oracle:
    """Return the truth about (SIREN, payloads in order)."""
    truth = Oracle()
    for siren, payloads in topics:
        for payload in payloads:
            truth.read(siren, payload)
    return truth


LEDGER = """
SELECT landlord, move_id, revision, status, direction, effective_on, reason, rooms, place, commune, qpv_2024, qpv_2015,
    flow IS NOT NULL
FROM core.move JOIN core.cell USING (cell_id)
"""
