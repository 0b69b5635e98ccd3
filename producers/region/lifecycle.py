"""The versions of a move: announced, effective, corrected, cancelled; each a higher revision.

Invariant: among the versions of this module a (move, revision) is unique; what an extract would
overwrite before it is sent (two changes between two runs) is sent once, in its last state.
"""

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from producers.region.calendars import NOWHEN, Calendar
from producers.region.corrections import draw_wrong, first_entries
from producers.region.delays import EARLY_SHARE, draw_delays
from producers.region.draws import DAY, Ints, first_days
from producers.region.households import reason_index
from producers.region.landlords import Landlord
from producers.region.register import NO_NOTICE, Register
from producers.region.tenancies import MISTAKE, WITHDRAWN

ANNOUNCED, EFFECTIVE, CANCELLED = range(3)
STATUSES: tuple[Literal["announced", "effective", "cancelled"], ...] = ("announced", "effective", "cancelled")
CANCEL_REASONS = (None, "notice_withdrawn", "mistake", "duplicate")
BY_NOTICE, BY_MISTAKE, BY_DUPLICATE = 1, 2, 3
# flavours of a version: as it is, again in another envelope, other content, or malformed from here on
PLAIN, OTHER_ENVELOPE, OTHER_CONTENT, MALFORMED = range(4)
_CORRECTED_DEPARTURES, _CORRECTED_ARRIVALS = 0.04, 0.02


@dataclass(frozen=True)
class Versions:
    """Columns by version; `row` is the row of the register; instants are seconds, days day numbers."""

    row: Ints
    revision: Ints
    published: Ints
    status: Ints
    cancel: Ints
    effective: Ints
    reason: Ints
    rooms: Ints
    flavour: Ints

    def take(self, rows: Ints) -> "Versions":
        """Return some of the versions."""
        return Versions(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})


def join(parts: list[Versions]) -> Versions:
    """Return all versions of `parts`, in order."""
    return Versions(
        **{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Versions)}
    )


class _Desk:
    """Writes the versions of one landlord's moves as its books would."""

    def __init__(
        self,
        register: Register,
        landlord: Landlord,
        calendar: Calendar,
        not_before: int,
        opening: int,
        rng: np.random.Generator,
    ) -> None:
        self.register, self.landlord, self.calendar = register, landlord, calendar
        self.not_before, self.opening, self.rng = not_before, opening, rng
        self.parts: list[Versions] = []

    def seconds(self, days: Ints) -> Ints:
        """Return an instant in the working hours of each day."""
        return np.asarray(days * DAY + self.rng.integers(7 * 3600, 17 * 3600, days.size), dtype=np.int64)

    def write(
        self,
        rows: Ints,
        recorded: Ints,
        status: int,
        *,
        cancel: int = 0,
        effective: Ints | None = None,
        reason: Ints | None = None,
        rooms: Ints | None = None,
    ) -> None:
        """Record versions at some instants; they are published when the calendar says."""
        register = self.register
        recorded = np.maximum(recorded, self.not_before)
        waits = self.rng.integers(600, 6 * 3600, rows.size)
        published, revision = self.calendar.publish(recorded, waits)
        day = register.effective[rows] if effective is None else effective
        if status == EFFECTIVE:
            day = np.minimum(day, published // DAY + 7)
        if self.landlord.month_precision:
            day = first_days(day)
        size = rows.size
        self.parts.append(
            Versions(
                rows,
                revision,
                published,
                np.full(size, status, dtype=np.int64),
                np.full(size, cancel, dtype=np.int64),
                day,
                register.reason[rows] if reason is None else reason,
                register.rooms[rows] if rooms is None else rooms,
                np.full(size, PLAIN, dtype=np.int64),
            )
        )

    def lag(self, size: int) -> Ints:
        """Draw the days from an exit to its entry in the books."""
        return draw_delays(self.rng, self.landlord.lag_days, size)


def write_versions(
    register: Register,
    rows: Ints,
    landlord: Landlord,
    calendar: Calendar,
    rng: np.random.Generator,
    *,
    not_before: int = 0,
    opening: int = 0,
) -> Versions:
    """Return the versions of the moves `rows`, all of one landlord.

    Nothing is recorded before the instant `not_before` (when a landlord takes over another, or changes
    its ERP): what a move was before is sent then, once, in its last state. What became effective before the
    instant `opening`, when the landlord joins, is entered then: nothing is lost in the first days.
    """
    desk = _Desk(register, landlord, calendar, not_before, opening, rng)
    origin = register.origin[rows]
    real = rows[(origin != WITHDRAWN) & (origin != MISTAKE)]
    _departures(desk, real[~register.arrival[real]])
    _arrivals(desk, real[register.arrival[real]])
    _withdrawn(desk, rows[origin == WITHDRAWN])
    _mistakes(desk, rows[origin == MISTAKE], BY_MISTAKE)
    return _last_of_each_run(register, join(desk.parts))


def write_double_entries(
    register: Register, rows: Ints, landlord: Landlord, calendar: Calendar, rng: np.random.Generator
) -> Versions:
    """Return the versions of leases entered twice: effective, then cancelled as a duplicate."""
    desk = _Desk(register, landlord, calendar, 0, 0, rng)
    _mistakes(desk, rows, BY_DUPLICATE)
    return _last_of_each_run(register, join(desk.parts))


def _departures(desk: _Desk, rows: Ints) -> None:
    register, rng = desk.register, desk.rng
    noticed = rows[register.notice[rows] != NO_NOTICE]
    planned = register.effective[noticed] + np.where(
        rng.random(noticed.size) < 0.3, rng.integers(-6, 20, noticed.size), 0
    )
    reason = register.reason[noticed].copy()
    reason[rng.random(noticed.size) < 0.15] = reason_index("non_renseigne", arrival=False)
    lag = rng.integers(0, 5, noticed.size)
    desk.write(
        noticed,
        desk.seconds(register.notice[noticed] + lag),
        ANNOUNCED,
        effective=np.maximum(planned, register.notice[noticed]),
        reason=reason,
    )
    early = np.where(
        (rng.random(rows.size) < EARLY_SHARE) & (register.notice[rows] != NO_NOTICE),
        rng.integers(1, 6, rows.size),
        0,
    )
    entered = register.effective[rows] + np.where(early > 0, -early, desk.lag(rows.size))
    _effective(desk, rows, entered, leaving=True)


def _arrivals(desk: _Desk, rows: Ints) -> None:
    register, rng = desk.register, desk.rng
    signed = rows[rng.random(rows.size) < 0.05]
    desk.write(signed, desk.seconds(register.effective[signed] - rng.integers(8, 30, signed.size)), ANNOUNCED)
    _effective(desk, rows, register.effective[rows] + desk.lag(rows.size), leaving=False)


def _effective(desk: _Desk, rows: Ints, entered: Ints, *, leaving: bool) -> None:
    """Enter moves as effective: some wrongly at first, and corrected days to months later."""
    register, rng, ceiling = desk.register, desk.rng, NOWHEN
    if desk.calendar.runs.size and desk.calendar.last <= int(desk.calendar.runs[-1]):
        ceiling = int(desk.calendar.runs[-1]) - 3600  # all is sent before an absorption
    recorded = np.minimum(np.maximum(desk.seconds(entered), desk.opening), ceiling)
    share = _CORRECTED_DEPARTURES if leaving else _CORRECTED_ARRIVALS
    wrong = draw_wrong(rng, register.effective[rows], share, leaving=leaving)
    desk.write(rows[~wrong], recorded[~wrong], EFFECTIVE)
    rows = rows[wrong]
    first = first_entries(register, rows, recorded[wrong], ceiling, by_month=desk.landlord.month_precision, rng=rng)
    desk.write(rows, first.recorded, EFFECTIVE, effective=first.effective, reason=first.reason, rooms=first.rooms)
    later = first.recorded + (DAY * rng.gamma(1.3, 25.0, rows.size)).astype(np.int64) + DAY
    desk.write(rows, later, EFFECTIVE)


def _withdrawn(desk: _Desk, rows: Ints) -> None:
    register, rng = desk.register, desk.rng
    notice = np.where(register.notice[rows] == NO_NOTICE, register.effective[rows] - 60, register.notice[rows])
    recorded = desk.seconds(notice + rng.integers(0, 4, rows.size))
    desk.write(rows, recorded, ANNOUNCED)
    again = recorded + DAY * rng.integers(4, 70, rows.size)
    desk.write(rows, again, CANCELLED, cancel=BY_NOTICE)


def _mistakes(desk: _Desk, rows: Ints, cancel: int) -> None:
    recorded = desk.seconds(desk.register.effective[rows] + desk.lag(rows.size))
    desk.write(rows, recorded, EFFECTIVE)
    again = recorded + DAY + (DAY * desk.rng.gamma(1.2, 20.0, rows.size)).astype(np.int64)
    desk.write(rows, again, CANCELLED, cancel=cancel)


def _last_of_each_run(register: Register, versions: Versions) -> Versions:
    """Drop what a later change overwrote before it was sent, and an announcement after the fact."""
    versions = versions.take(np.flatnonzero(versions.published < NOWHEN))
    identity = register.identity()[versions.row]
    written = np.arange(versions.row.size)
    # an announcement recorded after the exit says nothing any more
    order = np.lexsort((written, versions.revision, identity))
    versions, identity = versions.take(order), identity[order]
    same_move = identity[:-1] == identity[1:]
    keep = np.ones(order.size, dtype=bool)
    keep[:-1] &= ~(same_move & (versions.revision[:-1] == versions.revision[1:]))
    stale = (versions.status[1:] == ANNOUNCED) & (versions.status[:-1] == EFFECTIVE)
    keep[1:] &= ~(same_move & stale)
    return versions.take(np.flatnonzero(keep))
