"""A landlord's machine without a broker: a register as the observatory keeps it takes what is sent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from producers.channel import Position
from producers.coarsening import K
from producers.declaration import extend
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem
from producers.journal import Journal
from producers.keys import Key, Keyring
from producers.location.place import Location, Whereabouts
from producers.messages import rules_of
from producers.preparation import Sender
from producers.publishing import Publication, Sent, Source, States
from producers.stock import Scope
from schemas.events.reading import read_message
from schemas.territories import load

SIREN = "123456789"
TODAY = date(2026, 4, 2)
RING = Keyring(Key(b"k" * 32, date(2026, 1, 1)))
QPV = ("QN03107M", "QP031007")


class CrashError(Exception):
    """The machine stops."""


class FakeLocator:
    """Every dwelling with a flag is in one QPV, the others in none."""

    def locate(self, place: Whereabouts, on: date) -> Location:
        if place.qpv_flag:
            return Location(place.commune, *QPV, "inside", "flag", "certain")
        return Location(place.commune, None, None, "outside", "flag", "certain")

    def locate_all(self, places: Sequence[Whereabouts], on: date) -> list[Location]:
        return [self.locate(place, on) for place in places]


class Observatory:
    """Takes messages as a channel does, and keeps the highest revision of each move as the ledger does."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.moves: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}
        self.others: dict[str, dict[str, Any]] = {}
        self.outcomes: Counter[str] = Counter()
        self.crash_after: int | None = None

    def send(self, payload: bytes, *, batch: bool) -> None:
        if self.crash_after is not None:
            if not self.crash_after:
                raise CrashError
            self.crash_after -= 1
        self.payloads.append(payload)
        found = orjson.loads(payload)
        assert isinstance(found, list) == batch
        for event in found if batch else [found]:
            self._take(event)

    def _take(self, event: dict[str, Any]) -> None:
        data = event["data"]
        if "move_id" not in data:
            self.others[event["type"]] = data
            return
        identity = data["move_id"]
        self.types[identity] = event["type"]
        former = self.moves.pop(data.get("former_move_id", ""), None)
        known = self.moves.get(identity) or former
        if known is None or data["revision"] > known["revision"]:
            self.outcomes["applied"] += 1
            self.moves[identity] = data
        else:
            self.moves[identity] = known
            same = data["revision"] == known["revision"]
            assert not same or data == known, "one revision stands for two contents"
            self.outcomes["duplicate" if same else "superseded"] += 1

    def flush(self) -> None:
        if self.crash_after == 0:
            raise CrashError

    def positions(self) -> list[Position]:
        return [Position("topic", 0, number) for number in range(len(self.payloads))]

    def effective(self) -> Counter[tuple[str, str]]:
        """Return the effective moves by dwelling and date."""
        return Counter(
            (one["dwelling"], one["effective_on"]) for one in self.moves.values() if one["status"] == "effective"
        )

    def by_type(self) -> Counter[tuple[str, str, str]]:
        """Return the effective moves by type, dwelling and date."""
        return Counter(
            (self.types[identity], one["dwelling"], one["effective_on"])
            for identity, one in self.moves.items()
            if one["status"] == "effective"
        )

    def reading(self) -> list[dict[str, Any]]:
        """Return every event that was sent, as the worker reads it."""
        readings = [read_message(payload) for payload in self.payloads]
        assert not [one for reading in readings for one in reading.rejected]
        return [event for reading in readings for _, event in reading.events]


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


class Landlord:
    """A landlord's folder, from which extracts are sent to an observatory."""

    def __init__(self, folder: Path, observatory: Observatory | None = None, ring: Keyring = RING) -> None:
        self.state = folder / "state.sqlite"
        self.observatory = observatory or Observatory()
        self.ring = ring

    def publish(
        self,
        items: Iterable[MoveRecord | DwellingRecord | RowProblem],
        extracted: str = "2026-04-01T08:00:00",
        *,
        states: States | None = None,
        through: date | None = None,
        first: date | None = None,
        k: int = K,
        lasting: bool = True,
        send: bool = True,
        counts_only: bool = False,
        scope: Scope = "whole_stock",
        despite_errors: bool = False,
        now: str | None = None,
        by_month: bool = False,
    ) -> Sent:
        """Send an extract; what is wrong with it raises."""
        found = list(items)
        kind = "dwellings" if any(isinstance(one, DwellingRecord) for one in found) else "movements"
        seconds = instant(extracted)
        sender = Sender(SIREN, self.ring, FakeLocator(), seconds, date.fromisoformat(extracted[:10]), k, by_month)
        with (
            Journal(self.state, instant(now) if now else None) as journal,
            Publication(sender, journal, RULES, TODAY, states, counts_only=counts_only) as publication,
        ):
            publication.read(Source(kind, found))
            complete = extend(journal, first, through, scope) if through else None
            return publication.send(
                self.observatory if send else None, complete, scope, lasting=lasting, despite_errors=despite_errors
            )


RULES = rules_of(load())


def move(number: int, **changes: Any) -> MoveRecord:
    """Return a move-out of a lease of its own."""
    values: dict[str, Any] = {
        "line": number + 2,
        "direction": "out",
        "lease": f"LEASE-{number}",
        "dwelling": f"RUE DES LILAS {number}",
        "where": Whereabouts("31555", qpv_flag=True, address=f"{number} rue des Lilas", longitude=1.44, latitude=43.6),
        "status": "effective",
        "effective_on": date(2026, 3, 1 + number % 28),
        "rooms": "T3",
        "financing": "PLUS",
        "reason": "emploi",
        "tenancy_started_on": "2014-05",
        "household_type": "seul",
    }
    return MoveRecord(**(values | changes))


def dwelling(number: int, mode: str = "let", started: date | None = None, left: date | None = None, **changes: Any):
    """Return a dwelling of a state."""
    values: dict[str, Any] = {
        "line": number + 2,
        "dwelling": f"RUE DES LILAS {number}",
        "where": Whereabouts("31555", qpv_flag=True, address=f"{number} rue des Lilas"),
        "mode": mode,
        "rooms": "T3",
        "financing": "PLUS",
        "tenancy_started_on": started,
        "last_departure_on": left,
        "date_precision": "day",
    }
    return DwellingRecord(**(values | changes))
