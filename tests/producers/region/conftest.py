"""Two regions and a witness: a small one whose messages a ledger reads, a large one that is counted."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from producers.region import Publication, Region, simulate
from schemas.codes import known_code
from schemas.events.models import Event, MoveEvent
from schemas.events.privacy import forbidden_fields
from schemas.territories import load

ADAPTER = TypeAdapter(Event)
SMALL = {"start": date(2024, 1, 1), "end": date(2026, 1, 1), "seed": 7, "scale": 0.05}
LAST_DAYS = date(2025, 12, 23)  # every declaration is counted from here on: one is labelled as wrong


def hash_of(direction, data) -> bytes:
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass
class Replay:
    """A ledger that reads the payloads only: no knowledge of how they were made."""

    moves: dict = field(default_factory=dict)
    refused: Counter = field(default_factory=Counter)
    seen: set = field(default_factory=set)
    duplicates: int = 0
    superseded: int = 0
    events: int = 0
    others: list = field(default_factory=list)
    history: dict = field(default_factory=lambda: defaultdict(list))

    def read(self, publication: Publication) -> None:
        try:
            document = orjson.loads(publication.payload)
        except orjson.JSONDecodeError:
            self.events += 1
            self.refused["not_json"] += 1
            return
        assert isinstance(document, list) == publication.batch
        for element in document if publication.batch else [document]:
            self.events += 1
            self.read_event(element, publication)

    def read_event(self, element: dict, publication: Publication) -> None:
        reason = refusal(element, publication)
        if reason:
            self.refused[reason] += 1
            return
        event = ADAPTER.validate_python(element)
        if not isinstance(event, MoveEvent):
            self.others.append((publication, event, self.totals(publication, event)))
            return
        data = element["data"]
        identity = (publication.landlord, event.data.move_id)
        self.history[identity].append((publication.published_at, event.data))
        exact = (identity, event.data.revision, hash_of("out", data))
        self.duplicates += exact in self.seen
        self.seen.add(exact)
        rank = exact[1:]
        if identity in self.moves and rank < self.moves[identity][0]:
            self.superseded += 1
            return
        self.moves[identity] = (rank, "out" if "move-out" in element["type"] else "in", event.data)

    def totals(self, publication: Publication, event) -> Counter:
        """Count the landlord's effective moves by month and direction, at some of its declarations."""
        counts: Counter = Counter()
        if hasattr(event.data, "control_totals") and (
            event.data.complete_through.day >= 28 or publication.published_at.date() >= LAST_DAYS
        ):
            for (owner, _), (_, direction, move) in self.moves.items():
                if owner == publication.landlord and move.status == "effective" and in_scope(move.reason):
                    counts[f"{move.effective_on:%Y-%m}", direction] += 1
        return counts


def in_scope(reason: str) -> bool:
    return reason not in ("glissement_bail", "renouvellement")


def refusal(element: dict, publication: Publication) -> str | None:
    """Return the reason code under which an ingest must refuse the event, None if it is valid."""
    if not element["type"].endswith(("move-out.v1", "move-in.v1", "stock.v1", "declaration.v1")):
        return "unknown_type"
    if forbidden_fields(list(element["data"])):
        return "personal_data"
    try:
        event = ADAPTER.validate_json(orjson.dumps(element))
    except ValidationError as error:
        return "missing_field" if error.errors()[0]["type"] == "missing" else "invalid_field"
    if event.source != f"urn:siren:{publication.landlord}":
        return "wrong_source"
    if not isinstance(event, MoveEvent):
        return None
    codes = "departure_reason" if "move-out" in event.type else "arrival_nature"
    if known_code(codes, event.data.reason, event.data.code_list_version) is None:
        return "unknown_code"
    if event.data.commune not in load().communes:
        return "unknown_commune"
    ahead = event.data.effective_on - publication.published_at.date()
    limit = {"effective": timedelta(days=14), "announced": timedelta(days=365)}.get(event.data.status)
    return "too_far_ahead" if limit is not None and ahead > limit else None


@pytest.fixture(scope="session")
def content_hash():
    return hash_of


@pytest.fixture(scope="session")
def span():
    return SMALL["start"], SMALL["end"]


@pytest.fixture(scope="session")
def small() -> Region:
    return simulate(**SMALL)


@pytest.fixture(scope="session")
def messages(small) -> list[Publication]:
    return list(small.publications())


@pytest.fixture(scope="session")
def replay(messages) -> Replay:
    ledger = Replay()
    for message in messages:
        ledger.read(message)
    return ledger


@pytest.fixture(scope="session")
def truth(small):
    return small.truth(hash_of)


@pytest.fixture(scope="session")
def large() -> Region:
    return simulate(date(2021, 1, 1), date(2026, 1, 1))
