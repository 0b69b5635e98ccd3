"""The alerts that would have been raised, day by day, each on what was received by its day.

Invariant: as `streams/alerts/watch.py` does it: a family a month, held on the day on which enough of it was declared or
nothing more was awaited, and others for the quartiers of which too little was declared that day, once the month is
settled and enough is; afterwards an alert is only confirmed or lifted. Two things are coarser: what was held is looked
at again on Mondays, and so are the declarations; a rule over seven days misses nothing by that.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from schemas.alerts.kinds import SILENCE, UPLOAD
from streams.alerts.declaring import Remark
from streams.alerts.family import RULES, Family, Signal, again, hold, stands
from streams.alerts.inputs import Inputs
from streams.alerts.watch import FIRST_MONTHS
from streams.backtest.arrivals import Arrivals
from streams.detection.families import Level
from streams.publication.base import first_day, number

MONDAY = 0


@dataclass(frozen=True)
class Rules:
    """`least`: the share of dwellings declared at which a month is tested; `provisional`: so many months, the one that
    runs among them, are still awaited.
    """

    least: float
    provisional: int


@dataclass(frozen=True)
class Alert:
    """An alert of a quartier (`code`, with its `signal`) or on a landlord's declarations, and what became of it."""

    kind: str
    month: date
    code: str | None
    landlord: str | None
    level: Level
    raised_on: date
    signal: Signal | None = None
    cut: float = 0.0
    state: str = "provisional"
    changed_on: date | None = None


@dataclass(frozen=True)
class Held:
    """A family: its month, the day on which it was held, how much was declared, tests, signals of all levels.

    `untested`: quartiers without verdict on their departures, by reason; `seen`: those with one.
    """

    month: date
    on: date
    share: float
    tests: int
    signals: int
    untested: Mapping[str, int]
    seen: frozenset[str]


@dataclass
class Replayed:
    """What a replay found, in order of days: first families, one a month, and those of quartiers declared `late`.

    `awaited`: by month (a number), the quartiers that none has tested yet, and the day of its last family.
    """

    families: list[Held] = field(default_factory=list)
    late: list[Held] = field(default_factory=list)
    awaited: dict[int, tuple[tuple[str, ...], date]] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)


Remarks = Callable[[date], Sequence[Remark]]


def replay(
    arrivals: Arrivals, rules: Rules, first: date, until: date, remarks: Remarks
) -> Iterator[tuple[date, Replayed]]:
    """Yield each day from the first of the month `first` to `until`, with all that was found so far (the same object).

    The first month tested is that of `first`; `remarks` tells what was unusual in the declarations on a day.
    """
    found = Replayed()
    changed_on = set(arrivals.days_of_coverage)
    waiting = number(first)
    day = first
    while day <= until:
        today = number(day)
        if day.toordinal() in changed_on or day.day == 1:
            for month in range(waiting, today):
                share = arrivals.declared_share(day, month)
                if share >= rules.least or month <= today - rules.provisional:
                    found.families.append(_hold(found, arrivals.as_of(day, first_day(month)), day, share))
                    waiting = month + 1
            _hold_late(found, arrivals, day, today - rules.provisional)
        if day.weekday() == MONDAY or day.day == 1:
            _look_again(found, arrivals, day, today - rules.provisional)
        if day.weekday() == MONDAY:
            _watch_declarations(found, remarks(day), day)
        yield day, found
        day += timedelta(days=1)


def _hold_late(found: Replayed, arrivals: Arrivals, day: date, settled: int) -> None:
    """Test the quartiers that settled months still await and of which enough is declared now."""
    for month, (codes, held_on) in sorted(found.awaited.items()):
        if number(day) - FIRST_MONTHS <= month <= settled and held_on < day:
            coverage = arrivals.coverage(day, month)
            if any(coverage.get(code, 0.0) >= RULES.coverage for code in codes):
                inputs, share = arrivals.as_of(day, first_day(month)), arrivals.declared_share(day, month)
                found.late.append(_hold(found, inputs, day, share, codes))


def _hold(found: Replayed, inputs: Inputs, day: date, share: float, among: Sequence[str] | None = None) -> Held:
    """Hold a family, note its alerts and those that are left to test, and return what it was."""
    family: Family = hold(inputs, among)
    found.alerts += [
        Alert(one.kind, inputs.month, inputs.codes[one.series], None, one.level, day, one, family.cut)
        for one in family.signals
    ]
    found.alerts += [Alert(UPLOAD, inputs.month, None, one.zone.name, Level.ALERT, day) for one in family.uploads]
    found.awaited[number(inputs.month)] = family.awaited, day
    return Held(inputs.month, day, share, family.tests, len(family.signals), dict(family.untested), family.seen)


def _look_again(found: Replayed, arrivals: Arrivals, day: date, settled: int) -> None:
    """Confirm what is settled and still stands, lift what does not stand any more."""
    open_now = [place for place, one in enumerate(found.alerts) if one.state == "provisional" and one.code is not None]
    known = {one: arrivals.as_of(day, one) for one in {found.alerts[place].month for place in open_now}}
    for place in open_now:
        one = found.alerts[place]
        signal = again(known[one.month], one.kind, one.code or "")
        if signal is None:
            continue
        still = stands(signal, one.level, one.cut)
        if not still or number(one.month) <= settled:
            state = "confirmed" if still else "lifted"
            found.alerts[place] = replace(one, state=state, changed_on=day)


def _watch_declarations(found: Replayed, now: Sequence[Remark], day: date) -> None:
    """Raise what is unusual in the declarations, once a month and landlord; lift silences that ended."""
    said = {(one.kind, one.landlord) for one in now}
    silent = set()
    for place, one in enumerate(found.alerts):
        if one.kind == SILENCE and one.state == "provisional":
            silent.add((SILENCE, one.landlord))
            if (SILENCE, one.landlord) not in said:
                found.alerts[place] = replace(one, state="lifted", changed_on=day)
    month = day.replace(day=1)
    told = {(one.kind, one.landlord) for one in found.alerts if one.month == month}
    for kind, landlord in sorted(said - silent - told):
        found.alerts.append(Alert(kind, month, None, landlord, Level.ALERT, day))
