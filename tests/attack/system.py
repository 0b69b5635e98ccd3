"""Published figures as equations over what they count: whole numbers of households, by leaf, month and class.

A column is a group of leaves that every figure takes together, in one month, of one class, as known at one vintage.
A shown figure is a row: its columns add up to it. A secret figure is a target: a sum of columns whose least and
greatest value `intervals.py` looks for. Rows are made smaller without loss: what is shown of a part is taken out of
what is shown of the whole, so that the system falls apart into small ones.

Between two vintages a count is believed unchanged where nothing says otherwise, and to have grown where figures say
that something changed: late declarations add. Where a figure went down nothing is believed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.attack.knowledge import LEVELS_NOT_FLOWS, Breakdown, Geography, Own, Place
from tests.attack.rounding import Rounding

Ints = NDArray[np.int64]
NO_MOVE = ("no_data", "not_covered")
TOTAL = "total"


class Column(NamedTuple):
    """What one unknown counts."""

    kind: str
    group: int
    month: int
    version: int


class Row(NamedTuple):
    """What is known of a sum of columns."""

    columns: tuple[int, ...]
    low: float
    high: float


class Target(NamedTuple):
    """A count that should not be found out. `listed`: a figure marked secret; else only implied by other figures."""

    name: str
    columns: tuple[int, ...]
    minus: tuple[int, ...] = ()
    listed: bool = True


@dataclass
class System:
    """Unknowns with their bounds, rows and targets."""

    columns: list[Column] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    greatest: list[float] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    differences: list[tuple[tuple[int, ...], tuple[int, ...], float, float]] = field(default_factory=list)
    """Sums of columns less sums of others, and what the difference lies between."""
    targets: list[Target] = field(default_factory=list)

    def known(self, target: Target) -> float:
        """Return what the landlord that attacks has of a target itself; enough beside it betrays nothing of others'."""
        return sum(self.least[column] for column in target.columns)


def build(
    figures: pd.DataFrame,
    geography: Geography,
    breakdown: Breakdown,
    own: Own | None = None,
    implied: bool = True,
    base: int = 0,
) -> System:
    """Return the system of one total and its classes, from figures in the columns of `knowledge.COLUMNS`.

    What classes leave of their total is looked for too. `implied`: and a month of which only longer windows are shown,
    and land that only one generation of QPVs has. `base`: to which multiples counts of all land
    were rounded (`rounding.py`), 0 where they are not.
    """
    mine = figures[figures["measure"].isin(breakdown.measures)]
    return _Build(mine, geography, breakdown, own, base).run(implied) if len(mine) else System()


class _Figure(NamedTuple):
    place: Place
    window: int
    month: int
    kind: str
    low: float
    high: float
    status: str

    @property
    def shown(self) -> bool:
        return self.low == self.low

    @property
    def key(self) -> tuple[Place, int, int, str]:
        return self.place, self.window, self.month, self.kind


def _text(month: int) -> str:
    return f"{month // 12}-{month % 12 + 1:02}"


class _Build:
    def __init__(
        self, figures: pd.DataFrame, geography: Geography, breakdown: Breakdown, own: Own | None, base: int
    ) -> None:
        self.breakdown, self.own, self.geography = breakdown, own, geography
        self.system = System()
        self.rounding = Rounding(base, self._aside) if base else None
        self.level = breakdown.total in LEVELS_NOT_FLOWS
        self.index: dict[Column, int] = {}
        self.asides: dict[tuple[str, int, int], int] = {}
        self.aimed: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self.vintages = sorted(figures["vintage"].unique())
        self.by_vintage: dict[str, list[_Figure]] = {
            vintage: [
                _Figure(
                    Place(one.level, one.code, one.part),
                    1 if one.measure in LEVELS_NOT_FLOWS else int(one.window),
                    int(one.month),
                    TOTAL if one.measure == breakdown.total else one.measure,
                    float(one.low),
                    float(one.high),
                    one.status,
                )
                for one in rows.itertuples()
            ]
            for vintage, rows in figures.groupby("vintage")
        }
        self.exact = not base and bool((figures["low"].isna() | (figures["low"] == figures["high"])).all())
        listed = sorted({one.place for rows in self.by_vintage.values() for one in rows})
        unheard = [place for place in listed if place not in geography.places]
        if unheard:
            raise ValueError(f"figures of places that the geography does not have: {unheard[:5]}")
        self._group_leaves(listed)
        first = min(one.month - one.window + 1 for rows in self.by_vintage.values() for one in rows)
        last = max(one.month for rows in self.by_vintage.values() for one in rows)
        self.first, self.months = first, last - first + 1
        self.family = {TOTAL: TOTAL} | {
            one: f"partition {number}" for number, classes in enumerate(breakdown.partitions) for one in classes
        }
        self.classes = {
            f"partition {number}": [
                one for one in classes if any(f.kind == one for rows in self.by_vintage.values() for f in rows)
            ]
            for number, classes in enumerate(breakdown.partitions)
        }

    def _group_leaves(self, listed: list[Place]) -> None:
        """Leaves that every listed place takes together are one; those of no listed place at all do not matter."""
        signature: dict[int, list[int]] = defaultdict(list)
        for number, place in enumerate(listed):
            for leaf in self.geography.places[place]:
                signature[leaf].append(number)
        if self.own:
            own = {leaf for leaf, _, _ in self.own.moves}
            for leaf in signature:  # what a landlord knows tells leaves apart
                if self.geography.leaves[leaf] in own:
                    signature[leaf].append(-2 - leaf)
                elif self.geography.leaves[leaf] in self.own.alone:
                    signature[leaf].append(-1)
        groups: dict[tuple[int, ...], int] = {}
        self.group_of: dict[int, int] = {
            leaf: groups.setdefault(tuple(marks), len(groups)) for leaf, marks in sorted(signature.items())
        }
        self.members: dict[int, list[int]] = defaultdict(list)
        for leaf, group in self.group_of.items():
            self.members[group].append(leaf)
        self.groups = {
            place: tuple(sorted({self.group_of[leaf] for leaf in self.geography.places[place]})) for place in listed
        }
        self.size = len(groups)

    def run(self, implied: bool) -> System:
        self._tell_versions()
        for number, vintage in enumerate(self.vintages):
            self._add_rows(number, self.by_vintage[vintage])
        for number, vintage in enumerate(self.vintages):
            self._add_targets(number, vintage, implied)
        self._bind_classes()
        self._bind_versions()
        if self.own:
            self._bind_own(self.own)
        if self.rounding:
            self.system.differences += self.rounding.bonds
        return self.system

    def _tell_versions(self) -> None:
        """Number, for each vintage, the version of each group and month that it speaks of.

        The figure over the least land and time decides whether something changed there since the vintage before.
        """
        families = [TOTAL, *self.classes]
        shape = (len(self.vintages), self.size, self.months)
        self.version = {family: np.zeros(shape, dtype=np.int32) for family in families}
        self.falls = {family: np.zeros(shape, dtype=bool) for family in families}
        last: dict[tuple[Place, int, int, str], _Figure] = {}
        for number, vintage in enumerate(self.vintages):
            moved = {family: np.full(shape[1:], np.inf) for family in families}
            still = {family: np.full(shape[1:], np.inf) for family in families}
            for one in self.by_vintage[vintage]:
                before = last.get(one.key)
                last[one.key] = one
                if before is None or (not before.shown and not one.shown):
                    continue
                where = np.ix_(self.groups[one.place], self._span(one))
                same = before.shown and one.shown and (before.low, before.high) == (one.low, one.high)
                told = (still if same else moved)[self.family[one.kind]]
                told[where] = np.minimum(told[where], len(self.groups[one.place]) * one.window)
                if before.shown and one.shown and one.low < before.low:
                    self.falls[self.family[one.kind]][number][where] = True
            for family in families:
                changed = moved[TOTAL] < still[TOTAL]
                if family != TOTAL:
                    changed |= moved[family] < still[family]
                    self.falls[family][number] |= self.falls[TOTAL][number] | ~(moved[TOTAL] < still[TOTAL])
                if number:
                    self.version[family][number] = self.version[family][number - 1] + changed

    def _span(self, one: _Figure) -> list[int]:
        return [month - self.first for month in range(one.month - one.window + 1, one.month + 1)]

    def _column(self, kind: str, group: int, month: int, number: int) -> int:
        column = Column(kind, group, month, int(self.version[self.family[kind]][number, group, month]))
        found = self.index.get(column)
        if found is None:
            found = self.index[column] = self._add(column, 0.0, np.inf)
        return found

    def _aside(self, kind: str, group: int, month: int, least: float, greatest: float) -> int:
        """Add an unknown that is no count, once."""
        key = (kind, group, month)
        if key not in self.asides:
            self.asides[key] = self._add(Column(*key, 0), least, greatest)
        return self.asides[key]

    def _add(self, column: Column, least: float, greatest: float) -> int:
        self.system.columns.append(column)
        self.system.least.append(least)
        self.system.greatest.append(greatest)
        return len(self.system.columns) - 1

    def _add_rows(self, number: int, figures: list[_Figure]) -> None:
        """Add what a vintage shows; where figures are exact, parts that are shown leave their wholes."""
        slices: dict[tuple[str, int, int], list[_Figure]] = defaultdict(list)
        for one in figures:
            known = one if one.shown else None
            if one.status in NO_MOVE and one.window == 1 and not self.level:
                known = one._replace(low=0.0, high=0.0)
            if known:
                slices[one.kind, one.window, one.month].append(known)
        short: dict[tuple[str, frozenset[int], int], float] = {}
        for (kind, window, month), shown in sorted(slices.items(), key=lambda item: item[0][1]):
            shown.sort(key=lambda one: (one.place.level == "qpv_2015", len(self.groups[one.place]), one.place))
            tops: dict[int, int] = {}
            for position, one in enumerate(shown):
                groups, low, high = self._without_shown_parts(one, position, shown, tops)
                months = set(self._span(one))
                if window > 1 and self.exact:
                    for early in sorted(months):
                        if (value := short.get((kind, groups, early))) is not None:
                            months.discard(early)
                            low, high = low - value, high - value
                elif self.exact:
                    short[kind, groups, month - self.first] = low
                columns = tuple(sorted({self._column(kind, g, m, number) for g in groups for m in months}))
                if self.rounding and one.status not in NO_MOVE:
                    span = self._span(one)
                    self.system.differences.append(self.rounding.figure(columns, groups, span[0], span[-1], low))
                else:
                    self.system.rows.append(Row(columns, low, high))

    def _without_shown_parts(
        self, one: _Figure, position: int, shown: list[_Figure], tops: dict[int, int]
    ) -> tuple[frozenset[int], float, float]:
        groups = set(self.groups[one.place])
        low, high = one.low, one.high
        if not self.exact:
            return frozenset(groups), low, high
        whole = True
        for top in {tops[group] for group in groups if group in tops}:
            part = set(self.groups[shown[top].place])
            if part <= groups and all(tops.get(group) == top for group in part):
                groups -= part
                low, high = low - shown[top].low, high - shown[top].high
            else:
                whole = False
        if whole and one.place.level != "qpv_2015":
            for group in self.groups[one.place]:
                tops[group] = position
        return frozenset(groups), low, high

    def _add_targets(self, number: int, vintage: str, implied: bool) -> None:
        figures = self.by_vintage[vintage]
        told = self._told(figures)
        for one in figures:
            if told and (self._others(self.groups[one.place]), one.window, one.month, one.kind) in told:
                continue
            if one.status == "secret" or (not self.exact and one.shown):
                kind = self.breakdown.total if one.kind == TOTAL else one.kind
                name = f"{vintage} {'/'.join(one.place)} {one.window} mois {_text(one.month)} {kind}"
                self._aim(self.groups[one.place], Target(name, self._sum(one, one.kind, number)))
        self._add_remainders(number, vintage, figures)
        if implied:
            self._add_months(number, vintage, figures)
            self._add_land(number, vintage, figures)

    def _aim(self, groups: tuple[int, ...], target: Target) -> None:
        """Add a target once, unless the landlord that attacks lets there alone: it knows that count already.

        Vintages that say nothing new of a month imply the same count again; the first to list it names it.
        """
        if self.own and not self._others(groups):
            return
        key = tuple(sorted(target.columns)), tuple(sorted(target.minus))
        before = self.aimed.setdefault(key, len(self.system.targets))
        if before == len(self.system.targets):
            self.system.targets.append(target)
        elif target.listed and not self.system.targets[before].listed:
            self.system.targets[before] = target

    def _others(self, groups: tuple[int, ...]) -> frozenset[int]:
        """Return the groups in which another than the attacking landlord lets."""
        leaves = self.geography.leaves
        return frozenset(
            group
            for group in groups
            if not (self.own and all(leaves[leaf] in self.own.alone for leaf in self.members[group]))
        )

    def _told(self, figures: list[_Figure]) -> set[tuple[frozenset[int], int, int, str]]:
        """Return, for a landlord, whose moves a shown figure tells it outright: the rule of dominance allowed that."""
        if not self.own:
            return set()
        shown = (one for one in figures if one.shown)
        return {(self._others(self.groups[one.place]), one.window, one.month, one.kind) for one in shown}

    def _sum(self, one: _Figure, kind: str, number: int) -> tuple[int, ...]:
        return tuple(self._column(kind, g, m, number) for g in self.groups[one.place] for m in self._span(one))

    def _add_remainders(self, number: int, vintage: str, figures: list[_Figure]) -> None:
        """What all classes of a listed partition leave of their total, and what each one leaves."""
        listed: dict[tuple[Place, int, int, str], set[str]] = defaultdict(set)
        for one in figures:
            if one.kind != TOTAL:
                listed[one.place, one.window, one.month, self.family[one.kind]].add(one.kind)
        for (place, window, month, family), kinds in listed.items():
            if kinds == set(self.classes[family]):
                like = _Figure(place, window, month, TOTAL, np.nan, np.nan, "secret")
                total, parts = self._sum(like, TOTAL, number), {kind: self._sum(like, kind, number) for kind in kinds}
                name = f"{vintage} {'/'.join(place)} {window} mois {_text(month)}"
                all_of_them = tuple(column for kind in sorted(kinds) for column in parts[kind])
                left = {f"reste de {family}": all_of_them} | {f"sans {kind}": parts[kind] for kind in sorted(kinds)}
                for word, minus in left.items():
                    self._aim(self.groups[place], Target(f"{name} {word}", total, minus, listed=False))

    def _add_months(self, number: int, vintage: str, figures: list[_Figure]) -> None:
        """Each single month of a place whose longer windows alone are listed."""
        listed = {(one.place, one.kind, one.month - self.first) for one in figures if one.window == 1}
        implied = {
            (one.place, one.kind, month)
            for one in figures
            if one.window > 1
            for month in self._span(one)
            if (one.place, one.kind, month) not in listed
        }
        for place, kind, month in sorted(implied):
            at = month + self.first
            name = f"{vintage} {'/'.join(place)} seul mois {_text(at)} {kind}"
            columns = tuple(self._column(kind, g, month, number) for g in self.groups[place])
            self._aim(self.groups[place], Target(name, columns, listed=False))

    def _add_land(self, number: int, vintage: str, figures: list[_Figure]) -> None:
        """Land that two quartiers of different generations share, and what only one of them has."""
        listed: dict[tuple[int, int, str], set[Place]] = defaultdict(set)
        for one in figures:
            if one.place.level in ("qpv_2024", "qpv_2015"):
                listed[one.window, one.month, one.kind].add(one.place)
        pairs = self._overlaps()
        named = {frozenset(groups) for groups in self.groups.values()}
        for (window, month, kind), places in sorted(listed.items()):
            for new, old in pairs:
                if not {new, old} <= places:
                    continue
                here, there = set(self.groups[new]), set(self.groups[old])
                for word, groups in (("et", here & there), ("sans", here - there), ("reste de", there - here)):
                    if groups and frozenset(groups) not in named:
                        like = _Figure(new, window, month, kind, np.nan, np.nan, "secret")
                        name = f"{vintage} {new.code} {word} {old.code} {window} mois {_text(month)} {kind}"
                        columns = tuple(
                            self._column(kind, g, m, number) for g in sorted(groups) for m in self._span(like)
                        )
                        self._aim(tuple(groups), Target(name, columns, listed=False))

    def _overlaps(self) -> list[tuple[Place, Place]]:
        new = [place for place in self.groups if place.level == "qpv_2024"]
        old = [place for place in self.groups if place.level == "qpv_2015"]
        holders: dict[int, list[Place]] = defaultdict(list)
        for place in old:
            for group in self.groups[place]:
                holders[group].append(place)
        return sorted({(place, other) for place in new for group in self.groups[place] for other in holders[group]})

    def _bind_classes(self) -> None:
        """No more of all classes than of their total, group by group and month by month."""
        for family, classes in self.classes.items():
            seen = {(c.group, c.month) for c in self.index if self.family[c.kind] == family}
            for group, month in sorted(seen):
                for number in self._changes(family, group, month):
                    total = self._column(TOTAL, group, month, number)
                    parts = tuple(
                        found for kind in classes if (found := self._known(kind, group, month, number)) is not None
                    )
                    self.system.differences.append(((total,), parts, 0.0, np.inf))

    def _known(self, kind: str, group: int, month: int, number: int) -> int | None:
        return self.index.get(Column(kind, group, month, int(self.version[self.family[kind]][number, group, month])))

    def _changes(self, family: str, group: int, month: int) -> list[int]:
        """Return the first vintage of each version of the family or of its total."""
        both = self.version[family][:, group, month] + self.version[TOTAL][:, group, month]
        return [0, *(np.flatnonzero(np.diff(both)) + 1).tolist()]

    def _bind_versions(self) -> None:
        """A later version is no less than the earlier one, unless a figure fell."""
        if len(self.vintages) == 1:
            return
        for column, found in list(self.index.items()):
            family = self.family[column.kind]
            versions = self.version[family][:, column.group, column.month]
            later = self.index.get(column._replace(version=column.version + 1))
            if later is None:
                continue
            change = int(np.searchsorted(versions, column.version + 1))
            if not self.falls[family][change, column.group, column.month]:
                self.system.differences.append(((later,), (found,), 0.0, np.inf))

    def _bind_own(self, own: Own) -> None:
        """A count is at least what the landlord knows of it; where it lets alone it is exactly that."""
        last = {(c.kind, c.group, c.month): 0 for c in self.index}
        for column in self.index:
            last[column[:3]] = max(last[column[:3]], column.version)
        for column, found in self.index.items():
            if column.version != last[column[:3]]:
                continue
            measure = self.breakdown.total if column.kind == TOTAL else column.kind
            leaves = [self.geography.leaves[leaf] for leaf in self.members[column.group]]
            known = sum(own.moves.get((leaf, measure, column.month + self.first), 0) for leaf in leaves)
            self.system.least[found] = float(known)
            if all(leaf in own.alone for leaf in leaves):
                self.system.greatest[found] = float(known)
