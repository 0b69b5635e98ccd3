"""What a row of an extract says, in the contract's codes: before location, coarsening and pseudonyms.

Natural identifiers (`lease`, `dwelling`) stay on the landlord's machine: only their pseudonyms are sent.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from producers.location.place import Whereabouts

Direction = Literal["out", "in"]
Severity = Literal["error", "warning"]


@dataclass(slots=True)
class MoveRecord:
    """One move. `line` is the line of the file, the header being line 1. Codes are those of `schemas/codes`.

    `place` is the class of origin or destination; `tenancy_started_on` is a month, YYYY-MM.
    """

    line: int
    direction: Direction
    lease: str
    dwelling: str
    where: Whereabouts
    status: Literal["announced", "effective", "cancelled"]
    effective_on: date
    date_precision: Literal["day", "month"] = "day"
    notice_received_on: date | None = None
    cancel_reason: str | None = None
    rooms: str = "unknown"
    financing: str | None = None
    reason: str = "non_renseigne"
    place: str = "unknown"
    tenancy_started_on: str | None = None
    household_type: str | None = None
    household_size: str | None = None
    holder_age: str | None = None


@dataclass(slots=True)
class DwellingRecord:
    """One dwelling of a state extract (RPLS-style), at the date of the extract.

    `mode`: let, vacant on offer, or out of the market and why. `tenancy_started_on` and `last_departure_on` are
    the present lease's start and the last departure; RPLS gives them by month (`date_precision`).
    `vacant_since` dates a vacant dwelling's vacancy; `first_let_on` is the first letting ever.
    """

    line: int
    dwelling: str
    where: Whereabouts
    mode: Literal["let", "vacant", "works", "demolition", "sale"]
    rooms: str = "unknown"
    financing: str | None = None
    lease: str | None = None
    tenancy_started_on: date | None = None
    last_departure_on: date | None = None
    date_precision: Literal["day", "month"] = "month"
    vacant_since: date | None = None
    first_let_on: date | None = None


class RowProblem(NamedTuple):
    """What is wrong or doubtful in a row: an error keeps the row from being sent, a warning asks to confirm.

    `column` is the header as the file has it (empty: the whole row). Personal values are never quoted.
    """

    line: int
    column: str
    value: str
    code: str
    severity: Severity
    message_fr: str
    remedy_fr: str
