"""What two successive states of a dwelling say of its tenancies: who came, who left, what was corrected.

A state has no lease identifier that lasts: a tenancy is known by its dwelling and its **ordinal**, kept from state to
state. Only the last two tenancies of a dwelling can still change. Dates decide:

- a new departure, at or after the start of the lease that was running, ends it;
- a date that was changed for one before the state that first showed it is a correction; a departure dated after it
  is another departure;
- a lease that starts again at its own date, the departure gone, was never ended: the departure is cancelled;
- a lease dated anew with no departure in between is a lease carried on (a death, a transfer in the household), or a
  departure that is still to be entered: it is told "à confirmer" and is no move.

Invariant: after any states that are right, every departure and arrival that a state ever showed is one move, no more.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

State = Literal["none", "before", "said", "cancelled"]
"""Of one end of a tenancy: not come, known but before what is sent, sent, sent and cancelled."""


@dataclass(frozen=True, slots=True)
class End:
    """The arrival or the departure of a tenancy."""

    day: date | None = None
    state: State = "none"

    @property
    def holds(self) -> bool:
        """Whether it took place."""
        return self.state in ("before", "said")

    def cancelled(self) -> "End":
        """Return the same one as it never took place."""
        return End(self.day, "cancelled") if self.state in ("said", "cancelled") else End()


@dataclass(frozen=True, slots=True)
class Tenancy:
    """One tenancy of a dwelling. `lease` is the pseudonym of its lease, where the extract has one."""

    ordinal: int
    arrival: End = End()
    departure: End = End()
    lease: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a state shows of a dwelling. `started`: the present lease's start; `left`: the last departure."""

    let: bool
    started: date | None = None
    left: date | None = None
    lease: str | None = None


History = tuple[Tenancy, ...]
Change = tuple[History, list[str]]


@dataclass(frozen=True)
class Reading:
    """How dates are judged: `since` is the first day sent; `was_shown` says if a day lies before the last state."""

    since: date
    was_shown: Callable[[date], bool]

    def end(self, day: date | None, known: End | None = None) -> End:
        """Return an end at a day: once sent, always sent, even when it is corrected to an earlier day."""
        if day is None:
            return End(None, "before")
        sent = known is not None and known.state in ("said", "cancelled")
        return End(day, "said" if sent or day >= self.since else "before")

    def first(self, seen: Seen) -> History:
        """Return what a first state says."""
        if not seen.let:
            inside = seen.left is not None and seen.started is not None and seen.started <= seen.left
            arrival = self.end(seen.started) if inside else End()
            return (Tenancy(0, arrival, self.end(seen.left)),)
        now = Tenancy(1, self.end(seen.started), lease=seen.lease)
        if seen.left is None or (seen.started and seen.left > seen.started):
            return (now,)
        return Tenancy(0, departure=self.end(seen.left)), now

    def next(self, history: History, seen: Seen) -> Change:
        """Return what is known after another state, and codes of what is to be confirmed."""
        past = _Past.of(history)
        if past.occupied:
            return self._let_now(past, seen) if seen.let else self._vacated(past, seen)
        return self._let_again(past, seen) if seen.let else self._still_vacant(past, seen)

    # -- it was let
    def _vacated(self, past: "_Past", seen: Seen) -> Change:
        left, now = seen.left, past.now
        if left is None:
            return past.history, ["departure_without_date"]
        start = now.arrival.day
        if left != past.last_left and (start is None or left >= start):
            if start and seen.started and start < seen.started <= left:
                gone = replace(now, departure=End(None, "before"))
                return past.with_next(gone, past.fresh(self.end(seen.started), self.end(left))), []
            return past.with_now(replace(now, departure=self.end(left, now.departure))), []
        if left == past.last_left and start is not None and left < start:
            return past.arrival_vanished(), []
        return past.history, ["departure_before_lease"]

    def _let_now(self, past: "_Past", seen: Seen) -> Change:
        now, start = past.now, past.now.arrival.day
        past, doubts = self._departure_dated_anew(past, seen)
        if seen.started is None or seen.started == start:
            if seen.lease and not now.lease:
                return past.with_now(replace(now, lease=seen.lease)), doubts
            return past.history, doubts
        if start is None and now.arrival.state == "before":
            return past.with_now(replace(now, arrival=self.end(seen.started), lease=seen.lease)), doubts
        left = seen.left
        between = left is not None and left != past.last_left and (start is None or left >= start)
        if left is not None and between and left <= seen.started:
            ended = replace(now, departure=self.end(left, now.departure))
            return past.with_next(ended, self._begun(past, seen)), doubts
        if past.before and seen.started == past.before.arrival.day and past.before.departure.day != seen.left:
            return past.arrival_vanished(reopened=True), doubts
        same_lease = seen.lease is not None and seen.lease == now.lease
        if (same_lease or self.was_shown(seen.started)) and not (past.last_left and seen.started < past.last_left):
            return past.with_now(replace(now, arrival=self.end(seen.started, now.arrival))), doubts
        return past.history, [*doubts, "lease_carried_on"]

    def _departure_dated_anew(self, past: "_Past", seen: Seen) -> tuple["_Past", list[str]]:
        """Follow a correction of the departure before the lease that runs."""
        start, left = past.now.arrival.day, seen.left
        if left is None or left == past.last_left or start is None:
            return past, []
        if left <= start and (left < start or seen.started == start):
            before = past.before or Tenancy(past.now.ordinal - 1)
            if before.arrival.day and left < before.arrival.day:
                return past, ["departure_before_lease"]
            return past.with_before(replace(before, departure=self.end(left, before.departure))), []
        return past, ["departure_after_lease"] if seen.started == start else []

    # -- it was vacant
    def _still_vacant(self, past: "_Past", seen: Seen) -> Change:
        if seen.left is None or seen.left == past.last_left:
            return past.history, []
        now = past.now
        if self.was_shown(seen.left):
            before = past.before
            if before and before.departure.holds and before.departure.day == seen.left:
                return past.arrival_vanished(), []
            if now.arrival.day and seen.left < now.arrival.day:
                return past.history, ["departure_before_lease"]
            return past.with_now(replace(now, departure=self.end(seen.left, now.departure))), []
        return self._unseen(past, seen).history, []

    def _let_again(self, past: "_Past", seen: Seen) -> Change:
        now, left = past.now, seen.left
        if seen.started is None:
            return past.history, ["lease_without_date"]
        if seen.started == now.arrival.day and (left != past.last_left or (past.last_left or left) != seen.started):
            reopened = replace(now, departure=now.departure.cancelled(), lease=seen.lease)
            return past.with_now(reopened), []
        if left is not None and left != past.last_left and left <= seen.started:
            if self.was_shown(left):
                if now.arrival.day and left < now.arrival.day:
                    return past.history, ["departure_before_lease"]
                past = _Past.of(past.with_now(replace(now, departure=self.end(left, now.departure))))
            else:
                past = self._unseen(past, seen)
        if past.last_left and seen.started < past.last_left:
            return past.history, ["lease_before_departure"]
        return past.with_next(past.now, self._begun(past, seen)), []

    def _unseen(self, past: "_Past", seen: Seen) -> "_Past":
        """Add a tenancy that came and went between two states: its departure shows, its arrival perhaps."""
        started, left, last = seen.started, seen.left, past.last_left
        shows = not seen.let and started and left and started <= left and (last is None or last <= started)
        shows = shows and started != past.now.arrival.day
        tenancy = past.fresh(self.end(seen.started) if shows else End(), self.end(left))
        return _Past.of(past.with_next(past.now, tenancy))

    def _begun(self, past: "_Past", seen: Seen) -> Tenancy:
        return past.fresh(self.end(seen.started), End(), seen.lease)


@dataclass(frozen=True, slots=True)
class _Past:
    """The tenancies that can still change: the running or last one, the one before, and one whose arrival vanished."""

    before: Tenancy | None
    now: Tenancy
    void: Tenancy | None

    @classmethod
    def of(cls, history: History) -> "_Past":
        real = [one for one in history if one.arrival.state != "cancelled"]
        void = [one for one in history if one.arrival.state == "cancelled"]
        return cls(real[-2] if len(real) > 1 else None, real[-1], void[-1] if void else None)

    @property
    def occupied(self) -> bool:
        return not self.now.departure.holds

    @property
    def last_left(self) -> date | None:
        """The last departure that is known."""
        if self.now.departure.holds:
            return self.now.departure.day
        return self.before.departure.day if self.before and self.before.departure.holds else None

    @property
    def history(self) -> History:
        return tuple(one for one in (self.before, self.now, self.void) if one)

    def with_now(self, now: Tenancy) -> History:
        return replace(self, now=now).history

    def with_before(self, before: Tenancy) -> "_Past":
        return replace(self, before=before)

    def with_next(self, ended: Tenancy, begun: Tenancy) -> History:
        return ended, begun

    def fresh(self, arrival: End, departure: End, lease: str | None = None) -> Tenancy:
        """Return the next tenancy; what was sent of a cancelled one with its ordinal stays accounted for."""
        ordinal = self.now.ordinal + 1
        if self.void and self.void.ordinal == ordinal:
            arrival = self._again(arrival, self.void.arrival)
            departure = self._again(departure, self.void.departure)
        return Tenancy(ordinal, arrival, departure, lease)

    @staticmethod
    def _again(end: End, sent: End) -> End:
        if sent.state not in ("said", "cancelled"):
            return end
        return End(end.day, "said") if end.holds else sent.cancelled()

    def arrival_vanished(self, *, reopened: bool = False) -> History:
        """Return what is left when the running tenancy never was; `reopened`: nor the departure before it."""
        if self.before is None:
            return self.history
        void = Tenancy(self.now.ordinal, self.now.arrival.cancelled(), self.now.departure.cancelled())
        before = replace(self.before, departure=self.before.departure.cancelled()) if reopened else self.before
        return (before, void) if void.arrival.state == "cancelled" else (before,)


def was_shown_by(state: date | None, *, by_month: bool) -> Callable[[date], bool]:
    """Return whether a day lies before a state of that date; a day known by its month, before the state's month."""

    def judge(day: date) -> bool:
        if state is None:
            return False
        return (day.year, day.month) < (state.year, state.month) if by_month else day <= state

    return judge


# -- in the journal


def to_text(history: History) -> str:
    """Return a history as text."""
    return json.dumps(
        [
            [one.ordinal, *(part for end in (one.arrival, one.departure) for part in _of_end(end)), one.lease]
            for one in history
        ]
    )


def from_text(text: str) -> History:
    """Return the history of a text."""
    return tuple(
        Tenancy(ordinal, _end(came, came_state), _end(left, left_state), lease)
        for ordinal, came, came_state, left, left_state, lease in json.loads(text)
    )


def _of_end(end: End) -> tuple[str | None, State]:
    return end.day.isoformat() if end.day else None, end.state


def _end(day: str | None, state: State) -> End:
    return End(date.fromisoformat(day) if day else None, state)
