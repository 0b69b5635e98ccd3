"""One row of a movements file into its moves: one row a move, or one row a lease (an entry, an exit, or both).

Decisions. A date after today is `announced`; without a status column a past one is `effective`. An empty exit
date is a lease that runs on: no move. A cancelled notice is a `cancelled` move-out, for the reason said, else
because the notice was withdrawn (an arrival: entered by mistake). The limits are those of `schemas/events/rules.py`.

Invariant: a row with an error gives no move at all.
"""

from collections.abc import Container
from datetime import date
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from producers.extract.dates import Day
from producers.extract.fields import IGNORE
from producers.extract.mapping import ExtractMapping
from producers.extract.records import Direction, MoveRecord, RowProblem
from producers.extract.rows import Description, RowReader
from producers.extract.tables import Row, Table
from producers.location.place import Whereabouts
from schemas.events.rules import ANNOUNCED_AHEAD, EFFECTIVE_AHEAD

Status = Literal["announced", "effective", "cancelled"]
Reading = tuple[list[MoveRecord], list[RowProblem]]
_STATUS_FR: dict[Status, str] = {"announced": "annoncé", "effective": "effectif", "cancelled": "annulé"}
_CANCEL_REASON = {"out": "notice_withdrawn", "in": "mistake"}
_NOTHING: Reading = ([], [])
_REMEMBERED = 40_000


class _When(NamedTuple):
    """A move's date, and the field it stands in."""

    direction: Direction
    field: str
    day: Day


class _Tail(NamedTuple):
    """The descriptive fields of a record, in its order: rooms, financing, reason, place; and the household's."""

    described: tuple[str, str | None, str, str]
    household: tuple[str | None, str | None, str | None]
    cancel_reason: str
    missing: RowProblem | None


class MoveReader(RowReader):
    """Reads the rows of a movements file."""

    def __init__(self, table: Table, mapping: ExtractMapping, today: date, communes: Container[str]) -> None:
        """As `RowReader`."""
        super().__init__(table, mapping, today, communes)
        self._by_lease = mapping.layout == "leases"
        self._has_notice = "notice_received_on" in self.index
        self._tails: dict[tuple[int, Direction], tuple[Description, _Tail]] = {}

    def read(self, row: Row, *, whole: bool = True) -> Reading:
        """Return the moves of a row and what is wrong or doubtful in it; without coordinates if not `whole`."""
        aside = self.set_aside(row)
        if aside is not None:
            return [], aside
        description = self.describe(row)
        values, shared = description.values, description.problems
        if values.get("direction") == IGNORE:
            return _NOTHING
        problems = [one._replace(line=row.line) for one in shared] if shared else []
        lease = self.identifier("lease", row, problems)
        dwelling = self.identifier("dwelling", row, problems)
        place = self.places.read(row.cells) if whole else self.places.coded(row.cells)
        if place.problems:
            problems += [one._replace(line=row.line) for one in place.problems]
        find_dates = self._lease_dates if self._by_lease else self._move_date
        moments, started = find_dates(row, values, problems)
        notice = self.day("notice_received_on", row, problems, decisive=False) if self._has_notice else None
        moves = []
        for one in moments:
            status = self._status(one, values, row, problems)
            self._check(one, status, started, notice, row, problems)
            if place.where is not None:
                if own := description.leaving if one.direction == "out" else description.coming:
                    problems += [found._replace(line=row.line) for found in own]
                tail = self._tail(description, one.direction)
                if tail.missing is not None:
                    problems.append(tail.missing._replace(line=row.line))
                moves.append(_record(row.line, lease, dwelling, place.where, one, status, started, notice, tail))
        if problems and any(one.severity == "error" for one in problems):
            return [], problems
        return moves, problems

    def _move_date(
        self, row: Row, values: dict[str, Any], problems: list[RowProblem]
    ) -> tuple[list[_When], Day | None]:
        started = self.day("tenancy_started_on", row, problems, decisive=False)
        direction = self.mapping.direction or values.get("direction")
        if direction is None:
            problems.append(self.problem("unknown_direction", row.line, "direction"))
        field, before = "effective_on", len(problems)
        day = self.day(field, row, problems)
        if day is None and len(problems) == before:
            field = "planned_on" if "planned_on" in self.index else "effective_on"
            day = self.day("planned_on", row, problems) or self._of_cancelled_notice(row, values)
            if day is None and len(problems) == before:
                problems.append(self.problem("missing_date", row.line, "effective_on"))
        if day is None or not direction:
            return [], started
        return [_When("out" if direction == "out" else "in", field, day)], started

    def _lease_dates(
        self, row: Row, values: dict[str, Any], problems: list[RowProblem]
    ) -> tuple[list[_When], Day | None]:
        """Return the entry and the exit that the row tells; a lease that runs on has no exit yet."""
        before = len(problems)
        entry, leaving = self.day("entry_on", row, problems), self.day("exit_on", row, problems)
        field = "exit_on"
        if leaving is None and len(problems) == before:
            field = "planned_exit_on" if "planned_exit_on" in self.index else "exit_on"
            leaving = self.day("planned_exit_on", row, problems) or self._of_cancelled_notice(row, values)
        moments = []
        if entry is not None:
            moments.append(_When("in", "entry_on", entry))
        if leaving is not None:
            moments.append(_When("out", field, leaving))
        if not moments and len(problems) == before:
            problems.append(
                self.problem("missing_date", row.line, "exit_on" if "exit_on" in self.index else "entry_on")
            )
        started = entry or self.day("tenancy_started_on", row, problems, decisive=False)
        return moments, started

    def _of_cancelled_notice(self, row: Row, values: dict[str, Any]) -> Day | None:
        """Return the notice's date where the notice was cancelled: software then often empties the exit's date."""
        if not values.get("cancelled") and values.get("status") != "cancelled":
            return None
        return self.day("notice_received_on", row, [], decisive=False)

    def _status(self, one: _When, values: dict[str, Any], row: Row, problems: list[RowProblem]) -> Status:
        """Return a move's status. In a file of leases the status and the cancellation are those of the notice."""
        of_notice = not self._by_lease or one.direction == "out"
        if of_notice and values.get("cancelled"):
            return "cancelled"
        said: Status | None = values.get("status") if of_notice else None
        if said == "announced" and self._is_past(one.day):
            problems.append(self.problem("overdue_announced", row.line, one.field, self._text(one.field, row)))
        if said:
            return said
        planned = one.field.startswith("planned")
        if planned and self._is_past(one.day):
            problems.append(self.problem("overdue_announced", row.line, one.field, self._text(one.field, row)))
        return "announced" if planned or one.day.day > self.today else "effective"

    def _is_past(self, day: Day) -> bool:
        """Return whether the whole day, or month, is over."""
        if day.precision == "day":
            return day.day < self.today
        return (day.day.year, day.day.month) < (self.today.year, self.today.month)

    def _text(self, field: str, row: Row) -> str:
        return row.cells[self.index[field][0]]

    def _check(
        self,
        one: _When,
        status: Status,
        started: Day | None,
        notice: Day | None,
        row: Row,
        problems: list[RowProblem],
    ) -> None:
        text = self._text(one.field, row)
        if one.day.precision == "year":
            formats = ", ".join(self.mapping.dates)
            problems.append(self.problem("unreadable_date", row.line, one.field, text, formats=formats))
        ahead = EFFECTIVE_AHEAD if status == "effective" else ANNOUNCED_AHEAD
        if status != "cancelled" and one.day.day > self.today + ahead:
            limit = f"{self.today + ahead:%d/%m/%Y}"
            problems.append(
                self.problem("too_far_ahead", row.line, one.field, text, limit=limit, status=_STATUS_FR[status])
            )
        if one.direction == "out":
            if started is not None and _before(one.day, started):
                problems.append(self.problem("exit_before_entry", row.line, one.field, text))
            if notice is not None and status == "effective" and _before(one.day, notice):
                problems.append(self.problem("notice_after_exit", row.line, "notice_received_on"))

    def _tail(self, description: Description, direction: Direction) -> _Tail:
        """Return the record's descriptive fields, and what to remark on its reason: the same for many rows."""
        key = (id(description), direction)
        found = self._tails.get(key)
        if found is None or found[0] is not description:
            if len(self._tails) > _REMEMBERED:
                self._tails.clear()
            found = self._tails[key] = (description, self._make_tail(description.values, direction))
        return found[1]

    def _make_tail(self, values: dict[str, Any], direction: Direction) -> _Tail:
        get, leaving = values.get, direction == "out"
        reason = "reason" if leaving else "nature"
        missing = None
        if reason in self.index and reason not in values:
            missing = self.problem("missing_reason", 0, reason, field=self.fields[reason].label_fr)
        place = get("destination" if leaving else "origin") or get("place") or "unknown"
        return _Tail(
            (get("rooms") or "unknown", get("financing"), get(reason) or "non_renseigne", place),
            (get("household_type"), get("household_size"), get("holder_age")),
            get("cancel_reason") or _CANCEL_REASON[direction],
            missing,
        )


def _record(
    line: int,
    lease: str,
    dwelling: str,
    where: Whereabouts,
    one: _When,
    status: Status,
    started: Day | None,
    notice: Day | None,
    tail: _Tail,
) -> MoveRecord:
    leaving, day = one.direction == "out", one.day
    return MoveRecord(
        line,
        one.direction,
        lease,
        dwelling,
        where,
        status,
        day.day,
        "day" if day.precision == "day" else "month",
        notice.day if leaving and notice is not None else None,
        tail.cancel_reason if status == "cancelled" else None,
        *tail.described,
        _month(started if leaving or started is not None else day),
        *tail.household,
    )


def _before(one: Day, other: Day) -> bool:
    """Return whether `one` is surely before `other`, at the coarser of the two precisions."""
    if one.precision == other.precision == "day":
        return one.day < other.day
    if "year" in (one.precision, other.precision):
        return one.day.year < other.day.year
    return (one.day.year, one.day.month) < (other.day.year, other.day.month)


@lru_cache(maxsize=8192)
def _month(day: Day | None) -> str | None:
    """Return the month, YYYY-MM, of a date known to the month at least."""
    if day is None or day.precision == "year":
        return None
    return f"{day.day.year:04d}-{day.day.month:02d}"
