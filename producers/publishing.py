"""From an extract to sent messages: moves (or their counts), then the stock of a state, then the declaration.

Invariant: what the journal says was sent is written before it leaves (`journal.py`), and a declaration leaves only
after everything before it is acknowledged. A trial in the sandbox leaves no trace in the journal.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeVar

from producers.channel import Channel, Position
from producers.counts import counts_by_month
from producers.declaration import Complete, declaration_data, declaration_event, months_between
from producers.errors import LandlordError
from producers.events import Registered, registered
from producers.extract.records import DwellingRecord, MoveRecord, RowProblem
from producers.journal import Journal
from producers.location.place import Location
from producers.location.remarks import OUTSIDE_REGION
from producers.messages import Message, Refused, as_messages, examine
from producers.preparation import CHUNK, Preparation, Prepared, Sender, Summary
from producers.stock import Scope, StockCount, stock_event
from producers.successive import Comparison
from schemas.codes import CURRENT_VERSION
from schemas.events.horizon import horizon
from schemas.events.models import COUNTS
from schemas.events.rules import Rules

Kind = Literal["movements", "dwellings"]
Record = TypeVar("Record", MoveRecord, DwellingRecord)
MESSAGES_AT_ONCE = 20
PROBLEMS_KEPT, ERRORS_SHOWN = 1_000, 20
_MODES_FR = {
    "movements": "des fichiers de mouvements",
    "states": "des états successifs",
    "counts": "des comptes sans aucune ligne",
}


class Source(NamedTuple):
    """An extract, as it is read: records, and what is wrong of its rows."""

    kind: Kind
    items: Iterable[MoveRecord | DwellingRecord | RowProblem]


@dataclass(frozen=True)
class States:
    """Moves are derived from successive states. `since`: the first day that is sent, asked at the first state."""

    since: date | None = None
    confirm_shrink: bool = False


@dataclass
class Problems:
    """What is wrong of the extract's rows; the first of each severity are kept."""

    counts: Counter[str] = field(default_factory=Counter)
    kept: dict[str, list[RowProblem]] = field(default_factory=lambda: {"error": [], "warning": []})

    def add(self, problem: RowProblem) -> None:
        """Count a problem."""
        self.counts[problem.severity] += 1
        if self.counts[problem.severity] <= PROBLEMS_KEPT:
            self.kept[problem.severity].append(problem)

    def shown(self, warnings: int) -> list[RowProblem]:
        """Return the first errors, then at most so many `warnings`."""
        return [*self.kept["error"][: max(ERRORS_SHOWN, warnings)], *self.kept["warning"][:warnings]]


@dataclass
class Sent:
    """What left: moves or counted months, messages with the lines of their events; and what was held back."""

    moves: int = 0
    months: int = 0
    stock: bool = False
    declaration: Complete | None = None
    refused: list[Refused] = field(default_factory=list)
    totals: Counter[tuple[str, str]] = field(default_factory=Counter)
    lines: list[list[int]] = field(default_factory=list)

    def by_position(self, positions: list[Position]) -> dict[Position, list[int]]:
        """Return the extract's lines of each message, by where it lies."""
        return dict(zip(positions, self.lines, strict=True))


class Publication:
    """One extract on its way out: `read` it, look at what would leave, then `send` it. Use as a context manager."""

    def __init__(
        self,
        sender: Sender,
        journal: Journal,
        rules: Rules,
        today: date,
        states: States | None = None,
        *,
        counts_only: bool = False,
    ) -> None:
        """`states`: derive moves from states of the dwellings. `counts_only`: no row leaves, months are counted."""
        if states:
            sender = replace(sender, ring=sender.ring.without_predecessors())
        self._sender, self._journal, self._rules, self._today, self._states = sender, journal, rules, today, states
        self.preparation = Preparation(sender, journal, horizon(today))
        self.problems = Problems()
        self.stock: StockCount | None = None
        self.comparison: Comparison | None = None
        self.counts: dict[str, list[dict[str, Any]]] | None = None
        self._counts_only = counts_only

    def __enter__(self) -> "Publication":
        """Return the publication."""
        return self

    def __exit__(self, *_: object) -> None:
        """Throw away what was prepared."""
        self.preparation.__exit__(None, None, None)

    def read(self, source: Source) -> None:
        """Read the extract. Raises LandlordError if it cannot follow what was sent before."""
        if source.kind == "movements":
            if self._states:
                raise LandlordError("--state attend un état du parc ; ce fichier est un fichier de mouvements.")
            self._keep_to("counts" if self._counts_only else "movements")
            moves = self._of(MoveRecord, source.items)
            if self._counts_only:
                self.counts = counts_by_month(self._located(moves), self._sender.k)
            else:
                self.preparation.read(moves)
            return
        self.stock = StockCount(self._sender.read_on)
        dwellings = self._counted(self._of(DwellingRecord, source.items), self.stock)
        if self._states is None:
            for _ in dwellings:
                pass
            return
        self._keep_to("states")
        self.comparison = Comparison(
            self._journal, self._sender.ring, self._sender.extracted, self._sender.read_on, self._states.since
        )
        self.preparation.read(self.comparison.moves(dwellings))
        self.comparison.finish(confirm_shrink=self._states.confirm_shrink)
        for doubt in self.comparison.doubts:
            self.problems.add(doubt)

    def _keep_to(self, mode: str) -> None:
        """Refuse to mix two ways of naming leases: each move would count twice."""
        known = self._journal.fact("mode") or mode
        if known != mode:
            raise LandlordError(
                f"ce dossier a déjà envoyé {_MODES_FR[known]} ; avec {_MODES_FR[mode]}, les mêmes mouvements auraient "
                "d'autres identifiants et compteraient deux fois. Continuez comme avant, ou appelez l'observatoire."
            )
        self._journal.set_fact("mode", mode)

    def _of(self, kind: type[Record], items: Iterable[object]) -> Iterator[Record]:
        for one in items:
            if isinstance(one, RowProblem):
                self.problems.add(one)
            elif isinstance(one, kind):
                yield one
            else:
                raise TypeError(f"{type(one).__name__} in an extract of {kind.__name__}")

    def _located(self, records: Iterator[Record]) -> Iterator[tuple[Record, Location]]:
        """Yield the records of the région with their location."""
        locate, on = self._sender.locator.locate_all, self._sender.read_on
        while chunk := list(islice(records, CHUNK)):
            for record, location in zip(chunk, locate([one.where for one in chunk], on), strict=True):
                if location.remark != OUTSIDE_REGION:
                    yield record, location

    def _counted(self, records: Iterator[DwellingRecord], stock: StockCount) -> Iterator[DwellingRecord]:
        for record, location in self._located(records):
            stock.add(record, location)
            yield record

    @property
    def of_stock_alone(self) -> bool:
        """Whether the extract is a state of which no move is derived."""
        return self.stock is not None and self.comparison is None

    def prepare(self) -> Summary:
        """Return what would leave. The extract must have been read."""
        self.preparation.prepare()
        return self.preparation.summary

    # -- sending
    def send(
        self,
        channel: Channel | None,
        complete: Complete | None,
        scope: Scope,
        told: Callable[[int], object] = lambda _: None,
        *,
        lasting: bool = True,
        despite_errors: bool = False,
    ) -> Sent:
        """Send everything and wait until it is acknowledged; `told` hears of each number of events that leaves.

        `channel` None: only examine. `lasting` False: the journal forgets it (a sandbox). Nothing is declared
        complete while an event is held back, unless it is `despite_errors`.
        """
        out = _Out(channel, self._journal, told, lasting and channel is not None, Sent())
        if self.comparison:
            self._send_changes(out)
        elif self.counts is None:
            self._send_all(out, scope)
        elif complete:
            self._send_counts(out, self.counts, complete)
        out.flush()
        if self.stock and self.stock.dwellings:
            data = self.stock.data(scope)
            made = stock_event(data, self._sender.siren, self._sender.extracted, self._journal)
            out.sent.stock = self._send_register(out, made)
        if complete and (despite_errors or not out.sent.refused):
            data = declaration_data(complete, self._totals(out.sent, complete))
            complete.remember(self._journal)
            made = declaration_event(data, self._sender.siren, self._sender.extracted, self._journal)
            if self._send_register(out, made):
                out.sent.declaration = complete
        return out.sent

    def _totals(self, sent: Sent, complete: Complete) -> Iterable[tuple[str, str, int]] | None:
        """Return what was sent of the months; None where this folder cannot tell."""
        if self.stock is None:
            return ((*key, n) for key, n in sent.totals.items())
        moves_are_here = self._journal.fact("mode") in ("movements", "states")
        if not moves_are_here or complete.scope != "whole_stock":
            return None
        return self._journal.totals(*complete.months)

    def _examined(self, events: Iterable[Prepared], sent: Sent) -> Iterator[Message]:
        for message in as_messages(events):
            sent.refused += examine(message, self._rules, self._sender.siren, self._today)
            if message.events:
                yield message

    def _send_all(self, out: "_Out", scope: Scope) -> None:
        """Send every move of a file: what was sent before is a duplicate."""
        messages = self._examined(self.preparation.moves(), out.sent)
        while group := list(islice(messages, MESSAGES_AT_ONCE)):
            events = [one for message in group for one in message.events]
            self._journal.write(one.row for one in events if one.row and one.changed)
            out.keep()
            out.sent.totals.update(
                (one.row.month, one.row.direction)
                for one in events
                if one.row and one.row.month and (one.inside or scope == "whole_stock")
            )
            out.sent.moves += len(events)
            for message in group:
                out.send(message)

    def _send_changes(self, out: "_Out") -> None:
        """Send the moves that the journal does not know so, and those that were never acknowledged."""
        changed = (one for one in self.preparation.moves() if one.changed)
        lines: dict[str, int] = {}
        for message in self._examined(changed, out.sent):
            rows = [one.row._replace(pending=one.payload) for one in message.events if one.row]
            lines |= {row.move_id: one.line for row, one in zip(rows, message.events, strict=True)}
            self._journal.write(rows)
        out.keep()
        pending = self._journal.pending()
        for message in as_messages(Prepared(lines.get(name, 0), payload, None, True) for name, payload in pending):
            out.send(message)
        out.sent.moves += len(pending)
        out.flush()
        self._journal.acknowledge(name for name, _ in pending)
        out.keep()

    def _send_counts(self, out: "_Out", counts: dict[str, list[dict[str, Any]]], complete: Complete) -> None:
        """Send the counts of the months that are declared whole: those of another would be of a part of it."""
        for month in months_between(*complete.months):
            cells = counts.get(month, [])
            data = {"month": month, "cells": cells, "code_list_version": CURRENT_VERSION}
            siren, extracted = self._sender.siren, self._sender.extracted
            made = registered(f"counts {month}", COUNTS, f"counts-{month}", data, siren, extracted, self._journal)
            if self._send_register(out, made):
                out.sent.months += 1
                for cell in cells:
                    if complete.scope == "whole_stock" or cell["qpv_status"] == "inside":
                        out.sent.totals[month, cell["direction"]] += cell["count"]

    def _send_register(self, out: "_Out", made: Registered) -> bool:
        """Send a stock or a declaration; in states, only one that is new. Return whether it was sent."""
        if self.comparison and not made.unsent:
            return False
        event = Prepared(0, made.payload, None, True)
        messages = list(self._examined([event], out.sent))
        out.keep()
        for message in messages:
            out.send(message)
        out.flush()
        if messages:
            self._journal.register_sent(made.name, made.revision)
            out.keep()
        return bool(messages)


@dataclass
class _Out:
    """The way out: nowhere for an examination, and without a trace for a sandbox."""

    channel: Channel | None
    journal: Journal
    told: Callable[[int], object]
    lasting: bool
    sent: Sent

    def send(self, message: Message) -> None:
        if self.channel:
            self.channel.send(message.payload, batch=message.batch)
            self.sent.lines.append([one.line for one in message.events])
        self.told(len(message.events))

    def flush(self) -> None:
        if self.channel:
            self.channel.flush()

    def keep(self) -> None:
        if self.lasting:
            self.journal.keep()
