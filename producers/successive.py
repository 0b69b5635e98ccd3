"""Moves from two states of the dwellings: what `tenancies.py` finds, as records of moves like those of a file.

A lease is (dwelling, first state, ordinal): ordinals are counted from the first state of this folder on. If what was
kept is lost, the next state is a first one, and its leases are not taken for those of before, nor for a predecessor's.
Only pseudonyms are kept from state to state. A run changes nothing before it is kept whole (`Journal.keep`): the
new state and the moves that it gives are written in one transaction, before the first of them leaves.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Literal

from producers.errors import LandlordError
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem
from producers.journal import Journal
from producers.keys import Keyring
from producers.pseudonyms import pseudonym_text
from producers.tenancies import End, History, Reading, Seen, Tenancy, from_text, to_text, was_shown_by

SHRINK = 10
"""A tenth of the dwellings may be gone from one extract to the next: sales and demolitions are far fewer."""

_DOUBTS_FR = {
    "lease_carried_on": (
        "le bail a changé de date sans départ entre-temps : bail poursuivi (décès, séparation) ou départ non saisi",
        "si un locataire est parti, saisissez la date de son départ ; sinon, rien à faire : ce n'est pas un mouvement",
    ),
    "departure_without_date": (
        "le logement était loué et ne l'est plus, sans date de départ",
        "saisissez la date du dernier départ",
    ),
    "departure_before_lease": (
        "le dernier départ est antérieur au bail qui courait",
        "vérifiez la date du dernier départ et celle du bail",
    ),
    "departure_after_lease": (
        "le logement est dit loué, mais son dernier départ est postérieur au bail en cours",
        "vérifiez le mode d'occupation, la date du bail et celle du dernier départ",
    ),
    "lease_before_departure": (
        "le nouveau bail commence avant le dernier départ",
        "vérifiez la date du bail et celle du dernier départ",
    ),
    "lease_without_date": ("le logement est de nouveau loué, sans date de bail", "saisissez la date du bail"),
    "new_with_past": (
        "logement que le dernier état n'avait pas, avec des mouvements d'avant cet état : ils sont envoyés",
        "s'il a seulement changé d'identifiant, ces mouvements comptent deux fois : appelez l'observatoire",
    ),
    "date_ahead": ("la date est postérieure à celle de l'extrait", "elle sera prise en compte une fois passée"),
}


class Comparison:
    """One extract against the last one that was sent."""

    def __init__(self, journal: Journal, ring: Keyring, extracted: int, state_on: date, since: date | None) -> None:
        """`since` is the first day whose moves are sent: asked at the first state, then kept.

        Raises LandlordError for an extract older than the last one.
        """
        self._journal, self._ring = journal, ring
        self._extracted, self._state_on = extracted, state_on
        self._last = int(journal.fact("state instant") or 0)
        self.last_on = journal.day("state day")
        if extracted < self._last:
            raise LandlordError(
                f"cet extrait est plus ancien que le dernier envoyé, du {self.last_on:%d/%m/%Y}. S'il est le plus "
                "récent, dites-en l'instant par --extracted-at."
            )
        self.since = journal.day("state since") or since or state_on
        self._first_on = journal.day("first state") or state_on
        self._before = journal.dwellings_seen(self._last) if self._last else 0
        self._found = self.new = 0
        self.doubts: list[RowProblem] = []

    @property
    def first(self) -> bool:
        """Whether this is the first state."""
        return self.last_on is None

    @property
    def gone(self) -> int:
        """How many dwellings of the last state are not in this one."""
        return max(0, self._before - self._found)

    def moves(self, records: Iterable[DwellingRecord]) -> Iterator[MoveRecord]:
        """Yield every move of the dwellings that can still change, in its present form."""
        for record in records:
            for tenancy in self._follow(record):
                yield from _moves_of(record, tenancy, self._first_on)

    def _follow(self, record: DwellingRecord) -> History:
        dwelling = self._ring.dwelling(record.dwelling)
        text, shown_on = self._known(record, dwelling)
        reading = Reading(self.since, was_shown_by(shown_on, by_month=record.date_precision == "month"))
        seen = self._seen(record)
        if text is None:
            self.new += 1
            history = reading.first(seen)
            if self._has_past(history):
                self.doubts.append(_doubt(record.line, "new_with_past"))
        else:
            history, codes = reading.next(from_text(text), seen)
            self.doubts += [_doubt(record.line, code) for code in codes]
        self._journal.set_dwelling(dwelling, self._extracted, to_text(history))
        return history

    def _has_past(self, history: History) -> bool:
        """Return whether a dwelling that is new to this folder has moves to send of the days that it was not there."""
        days = [end.day for one in history for end in (one.arrival, one.departure) if end.day and end.state == "said"]
        return self.last_on is not None and any(day < self.last_on for day in days)

    def _known(self, record: DwellingRecord, dwelling: str) -> tuple[str | None, date | None]:
        """Return what is known of a dwelling, and the day of the last state that had it."""
        known = self._journal.dwelling(dwelling)
        if known is None and (former := self._ring.former_dwelling(record.dwelling)):
            self._journal.rename_dwelling(former, dwelling)
            known = self._journal.dwelling(dwelling)
        if known is None:
            return None, None
        text, seen = known
        if seen == self._last:
            self._found += 1
            return text, self.last_on
        return text, datetime.fromtimestamp(seen, UTC).date()

    def _seen(self, record: DwellingRecord) -> Seen:
        """Return what the extract shows, dates to come set aside."""
        ahead = [day for day in (record.tenancy_started_on, record.last_departure_on) if day and day > self._state_on]
        if ahead:
            self.doubts.append(_doubt(record.line, "date_ahead"))
        started, left = (None if day in ahead else day for day in (record.tenancy_started_on, record.last_departure_on))
        let = record.mode == "let"
        if not let and left is None and record.vacant_since and record.vacant_since <= self._state_on:
            left = record.vacant_since
        lease = pseudonym_text(self._ring.current.secret, "lease", record.lease) if record.lease and let else None
        return Seen(let, started, left, lease)

    def finish(self, *, confirm_shrink: bool) -> None:
        """Write down which state this was. Raises LandlordError if it looks truncated and is not confirmed."""
        if self.gone * SHRINK > self._before and not confirm_shrink:
            raise LandlordError(
                f"{self.gone} des {self._before} logements du dernier envoi ne sont plus dans cet extrait : il semble "
                "tronqué. Rien n'a été envoyé. S'ils sont vraiment sortis du parc, recommencez avec --confirm-shrink."
            )
        self._journal.set_fact("state instant", str(self._extracted))
        self._journal.set_fact("state day", self._state_on.isoformat())
        self._journal.set_fact("first state", self._first_on.isoformat())
        self._journal.set_fact("state since", self.since.isoformat())


def _doubt(line: int, code: str) -> RowProblem:
    message, remedy = _DOUBTS_FR[code]
    return RowProblem(line, "", "", code, "warning", message, remedy)


def _moves_of(record: DwellingRecord, tenancy: Tenancy, first_on: date) -> Iterator[MoveRecord]:
    lease = f"{record.dwelling}#{first_on.isoformat()}#{tenancy.ordinal}"
    if tenancy.arrival.state in ("said", "cancelled"):
        yield _move(record, lease, tenancy, "in", tenancy.arrival, _nature(record, tenancy))
    if tenancy.departure.state in ("said", "cancelled"):
        yield _move(record, lease, tenancy, "out", tenancy.departure, "non_renseigne")


def _move(
    record: DwellingRecord, lease: str, tenancy: Tenancy, direction: Literal["out", "in"], end: End, reason: str
) -> MoveRecord:
    if end.day is None:
        raise ValueError("a move that is sent has a day")
    cancelled = end.state == "cancelled"
    began = tenancy.arrival.day
    return MoveRecord(
        line=record.line,
        direction=direction,
        lease=lease,
        dwelling=record.dwelling,
        where=record.where,
        status="cancelled" if cancelled else "effective",
        effective_on=end.day,
        date_precision=record.date_precision,
        cancel_reason="mistake" if cancelled else None,
        rooms=record.rooms,
        financing=record.financing,
        reason=reason,
        tenancy_started_on=f"{began:%Y-%m}" if began else None,
    )


def _nature(record: DwellingRecord, tenancy: Tenancy) -> str:
    """Return the nature of an arrival: the first letting ever, or a letting again, where the extract tells."""
    first, began = record.first_let_on, tenancy.arrival.day
    if first is None or began is None:
        return "non_renseigne"
    return "premiere_location" if (first.year, first.month) == (began.year, began.month) else "relocation"
