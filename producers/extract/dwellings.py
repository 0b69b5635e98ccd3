"""One row of a state extract (RPLS-style) into a dwelling.

Decisions. A let dwelling is `let` whatever its dates; one out of the market is not vacant. A vacancy begins when
the dwelling was put on offer again, else with the last departure. Dates that only describe cost a warning.

Invariant: a row with an error gives no dwelling.
"""

from datetime import date, timedelta

from producers.extract.dates import Day
from producers.extract.fields import IGNORE
from producers.extract.records import DwellingRecord, RowProblem
from producers.extract.rows import RowReader
from producers.extract.tables import Row

_LONG_VOID = timedelta(days=730)
_RECENT = timedelta(days=366)
_DATES = ("tenancy_started_on", "last_departure_on", "vacant_since", "first_let_on")


class DwellingReader(RowReader):
    """Reads the rows of a state extract."""

    def read(self, row: Row, *, whole: bool = True) -> tuple[list[DwellingRecord], list[RowProblem]]:
        """Return the dwelling of a row, in a list, and what is wrong in it; without coordinates if not `whole`."""
        aside = self.set_aside(row)
        if aside is not None:
            return [], aside
        description = self.describe(row)
        values, shared = description.values, description.problems
        mode = values.get("mode")
        if mode == IGNORE:
            return [], []
        problems = [one._replace(line=row.line) for one in shared] if shared else []
        dwelling = self.identifier("dwelling", row, problems)
        place = self.places.read(row.cells) if whole else self.places.coded(row.cells)
        if place.problems:
            problems += [one._replace(line=row.line) for one in place.problems]
        if mode is None:
            label = self.fields["mode"].label_fr
            problems.append(self.problem("unknown_code", row.line, "mode", field=label, key="mode"))
        days = {name: self._past_day(name, row, problems) for name in _DATES}
        started, departed = days["tenancy_started_on"], days["last_departure_on"]
        vacant = (days["vacant_since"] or departed) if mode == "vacant" else None
        if mode in ("let", "vacant"):
            self._doubt(mode, started, departed, vacant, days["first_let_on"], row, problems)
        if place.where is None or not mode or any(one.severity == "error" for one in problems):
            return [], problems
        lease = self.identifier("lease", row, []) if "lease" in self.index else ""
        by_day = all(one.precision == "day" for one in (started, departed) if one is not None)
        record = DwellingRecord(
            row.line,
            dwelling,
            place.where,
            mode,
            values.get("rooms") or "unknown",
            values.get("financing"),
            lease or None,
            started.day if started is not None and mode == "let" else None,
            departed.day if departed is not None else None,
            "day" if by_day and (started or departed) else "month",
            vacant.day if vacant is not None else None,
            days["first_let_on"].day if days["first_let_on"] is not None else None,
        )
        return [record], problems

    def _past_day(self, name: str, row: Row, problems: list[RowProblem]) -> Day | None:
        found = self.day(name, row, problems, decisive=name == "tenancy_started_on")
        if found is not None and found.day > self._latest(found):
            problems.append(self.problem("future_state", row.line, name, row.cells[self.index[name][0]]))
            return None
        return found

    def _latest(self, found: Day) -> date:
        """A lease signed for the coming days is already in the books."""
        return self.today + timedelta(days=31 if found.precision != "day" else 14)

    def _doubt(
        self,
        mode: str,
        started: Day | None,
        departed: Day | None,
        vacant: Day | None,
        first: Day | None,
        row: Row,
        problems: list[RowProblem],
    ) -> None:
        """Remark on dates that do not go together."""
        if mode == "vacant":
            if vacant is not None and self.today - vacant.day > _LONG_VOID:
                problems.append(
                    self.problem("long_void", row.line, "last_departure_on", since=f"{vacant.day:%d/%m/%Y}")
                )
            return
        if started is None:
            problems.append(self.problem("let_without_start", row.line, "tenancy_started_on"))
        elif departed is not None and departed.day > started.day:
            problems.append(self.problem("departure_after_start", row.line, "last_departure_on"))
        elif departed is not None and started.day - departed.day > _LONG_VOID:
            problems.append(self._long_void(departed, row))
        elif departed is None and "last_departure_on" in self.index and self._let_before(started, first):
            problems.append(self.problem("start_without_departure", row.line, "tenancy_started_on"))

    def _long_void(self, since: Day, row: Row) -> RowProblem:
        return self.problem("long_void", row.line, "last_departure_on", since=f"{since.day:%d/%m/%Y}")

    def _let_before(self, started: Day, first: Day | None) -> bool:
        """Return whether a lease of the last twelve months follows another one: the dwelling was let in a past year."""
        recent = self.today - started.day < _RECENT
        return recent and first is not None and first.day.year < started.day.year
