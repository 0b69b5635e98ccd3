"""What a correct ledger must hold at the end, computed from the simulation, never from the payloads."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import numpy as np

from producers.region.delivery import Outbox, batches
from producers.region.draws import Ints, day_of, first_day, months_of
from producers.region.households import CODES, OUT_OF_SCOPE, PLACES
from producers.region.lifecycle import CANCEL_REASONS, MALFORMED, OTHER_CONTENT, STATUSES, Versions
from producers.region.malformed import REASON_CODES
from producers.region.register import NO_NOTICE
from producers.region.stocks import stock_cells
from producers.region.wire import DIRECTIONS, Writer

ContentHash = Callable[[str, Any], bytes]


@dataclass(frozen=True, slots=True)
class TruthMove:
    """The winning state of a move. `in_scope` is false for what is no move (renewal, lease transfer)."""

    revision: int
    status: Literal["announced", "effective", "cancelled"]
    direction: Literal["out", "in"]
    effective_on: date
    commune: str
    qpv_2024: str | None
    qpv_2015: str | None
    reason: str
    in_scope: bool
    cancel_reason: str | None
    dwelling: UUID
    place: str
    tenancy_started_on: date
    notice_received_on: date | None
    month_precision: bool


@dataclass(frozen=True, slots=True)
class TruthStock:
    """What a landlord had at a date, by place and rooms: the cells of a stock event."""

    landlord: str
    stock_on: date
    scope: str
    cells: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TruthDeclaration:
    """`All moves of these days are sent`, both days included; of a landlord's, the greatest revision holds."""

    landlord: str
    scope: str
    revision: int
    complete_from: date
    complete_through: date


@dataclass(frozen=True)
class Truth:
    """The winning state of every valid move published, the stocks and declarations, and counts of what else was.

    `events` counts each element of a batch, and a message that is no JSON as one. `duplicates` counts
    the events whose (landlord, move, revision, data) had been published before.
    """

    moves: dict[tuple[str, UUID], TruthMove]
    stocks: list[TruthStock]
    declarations: list[TruthDeclaration]
    malformed: Counter[str]
    events: int
    duplicates: int


def tell_truth(outboxes: list[tuple[Outbox, Writer]], content_hash: ContentHash) -> Truth:
    """Return the truth; `content_hash` of a move's direction and `data` decides between equal revisions."""
    truth = Truth({}, [], [], Counter(), 0, 0)
    events = duplicates = 0
    for outbox, writer in outboxes:
        versions = outbox.versions
        spoilt = versions.flavour[versions.flavour >= MALFORMED] - MALFORMED
        truth.malformed.update(REASON_CODES[kind] for kind in spoilt.tolist())
        resent = sum(one.stop - one.start for one in batches(versions) if one.resent)
        if outbox.calendar.live:
            resent = 0
        events += versions.row.size + resent + len(outbox.stocks) + len(outbox.declarations)
        valid = versions.take(np.flatnonzero(versions.flavour < MALFORMED))
        duplicates += resent + _tell_moves(outbox, writer, valid, content_hash, truth)
        _tell_registers(outbox, writer, truth)
    return Truth(truth.moves, truth.stocks, truth.declarations, truth.malformed, events, duplicates)


def _tell_registers(outbox: Outbox, writer: Writer, truth: Truth) -> None:
    """Add the stocks and declarations of one landlord to the truth."""
    landlord = outbox.landlord
    for stock in outbox.stocks:
        cells = stock_cells(writer.dwellings, stock.photo, stock.owned, stock.emptied)
        truth.stocks.append(TruthStock(landlord.siren, day_of(stock.photo.day), landlord.scope, cells))
    for due in outbox.declarations:
        days = day_of(due.first), day_of(due.through)
        truth.declarations.append(TruthDeclaration(landlord.siren, landlord.scope, due.instant, *days))


def _tell_moves(outbox: Outbox, writer: Writer, valid: Versions, content_hash: ContentHash, truth: Truth) -> int:
    """Add the winners of one landlord to the truth; return the number of exact repeats."""
    if not valid.row.size:
        return 0
    identity = writer.register.identity()[valid.row]
    contradicts = valid.flavour == OTHER_CONTENT
    order = np.lexsort((contradicts, valid.revision, identity))
    valid, identity, contradicts = valid.take(order), identity[order], contradicts[order]
    same_move = identity[:-1] == identity[1:]
    same = same_move & (valid.revision[:-1] == valid.revision[1:]) & (contradicts[:-1] == contradicts[1:])
    winners = np.flatnonzero(np.append(~same_move, True))
    rivals = winners[contradicts[winners] & (winners > 0)]
    rivals = rivals[(identity[rivals - 1] == identity[rivals])]
    rivals = rivals[valid.revision[rivals - 1] == valid.revision[rivals]]
    for rival in rivals.tolist():
        here, before = writer.data(valid.take(np.array([rival, rival - 1])))
        direction = DIRECTIONS[int(writer.register.arrival[valid.row[rival]])]
        if content_hash(direction, before) > content_hash(direction, here):
            winners[winners == rival] = rival - 1
    _write(outbox, writer, valid.take(winners), truth)
    return int(same.sum())


def _write(outbox: Outbox, writer: Writer, winners: Versions, truth: Truth) -> None:
    register, dwellings = writer.register, writer.dwellings
    cells: Ints = dwellings.cell[register.dwelling[winners.row]]
    tenancy = np.where(register.arrival[winners.row], months_of(winners.effective), register.tenancy[winners.row])
    columns = (
        winners.row,
        winners.revision,
        winners.status,
        register.arrival[winners.row],
        winners.effective,
        cells,
        winners.reason,
        ~OUT_OF_SCOPE[winners.reason],
        winners.cancel,
        register.place[winners.row],
        tenancy,
        register.notice[winners.row],
    )
    siren = outbox.landlord.siren
    for row, revision, status, arrival, effective, cell_number, reason, in_scope, cancel, place, began, notice in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        cell = dwellings.cells[cell_number]
        truth.moves[(siren, writer.move_id(row))] = TruthMove(
            revision,
            STATUSES[status],
            DIRECTIONS[arrival],
            day_of(effective),
            cell.commune,
            cell.qpv_2024,
            cell.qpv_2015,
            CODES[reason],
            in_scope,
            CANCEL_REASONS[cancel],
            writer.dwelling_id(row),
            PLACES[place],
            day_of(first_day(began)),
            None if notice == NO_NOTICE else day_of(notice),
            outbox.landlord.month_precision,
        )
