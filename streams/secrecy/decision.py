"""The making of one month's decision: swaps are added until nothing hidden is too narrow.

Invariant: swaps are only ever added. At the end each hidden figure or zone is open enough, or nothing is shown. Where
no single swap opens a figure, what surrounds it is no longer told apart: what its commune has of its part (in
quartiers, outside of them), then its intercommunality, its département, all parts of the département, everything.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import numpy as np

from streams.secrecy import search
from streams.secrecy.lattice import Bools, Floats, Ints, Lattice
from streams.secrecy.pattern import Pattern, Table, split_by, straddled
from streams.secrecy.primary import Limits, Month, primary
from streams.secrecy.protection import (
    MONTHS,
    first_base,
    first_shut,
    mass_of,
    next_base,
    next_shut,
    rhythm_width,
    window_width,
)

ROUNDS = 40
STEPS = ("commune", "epci", "departement", "departement_all_parts", "region")
"""What is joined around a figure that nothing else opens, the least first."""


class Decision:
    """One month's decision in the making; `pattern` grows until nothing hidden is too narrow."""

    def __init__(self, lattice: Lattice, month: Month, limits: Limits, pattern: Pattern, *, entering: bool) -> None:
        self.lattice, self.month, self.limits, self.pattern, self.entering = lattice, month, limits, pattern, entering
        self.since = pattern.start if entering else month.number
        self.primary = {
            window: primary(lattice, month, limits, window, entering=entering and window == MONTHS)
            for window in (1, 3, MONTHS)
        }
        self.views, self.strict = self._attackers()
        self._marks = self._marked()
        self.mass = month.counts.sums(month.number - MONTHS + 1, month.number)[0]
        self.steps: Counter[str] = Counter()
        """How many times each of `STEPS` was needed."""
        places = (lattice.commune, lattice.neighbourhood, lattice.departement)
        by_part = [3 * place + lattice.part for place in places]
        self._around = (*by_part, lattice.departement, np.zeros_like(lattice.commune))
        self._pairs = search.Pairs.of(lattice)
        self._short = lattice.short
        self._seen: tuple[Pattern, Bools] | None = None

    def _attackers(self) -> tuple[Bools, Bools]:
        """Return by view and figure from whom its count is kept, if it is hidden, and from whom whatever that costs.

        From all but a landlord where nobody else lets, and, from an outsider, where nobody does. Whatever it costs:
        from an outsider, and from a landlord where what others have is little or most of it one other's. What is hidden
        to hide something else, and of which others have enough, is no secret to lose a région for.
        """
        others = self.month.of(self.lattice, MONTHS)
        let = ~self.month.counts.closed @ self.lattice.members.T.astype(np.int64) > 0
        dominates = others[0] - others > self.limits.dominance * others[0]
        strictly = (others < self.limits.threshold) | (dominates.any(axis=0) & ~dominates)
        strictly[0] = True
        return np.asarray(let), np.asarray(let & strictly)

    def _marked(self) -> Ints:
        """Return by view and figure a mark of the places in which others let: the same for the same places."""
        marks = np.random.default_rng(0).integers(1, 2**62, self.lattice.atoms)
        return np.asarray((~self.month.counts.closed * marks) @ self.lattice.members.T.astype(np.int64))

    def _told(self) -> Bools:
        """Return by view and figure whether what others have there is what they have in a figure that is shown.

        The rule of dominance allowed that.
        """
        shown = np.flatnonzero(~self.hidden()[: self.lattice.figures])
        told = np.array([np.isin(of, of[shown]) for of in self._marks])
        told[0] = False
        return told

    def hidden(self) -> Bools:
        """Return by figure and zone whether it cannot be shown over 12 months."""
        if self._seen is None or self._seen[0] is not self.pattern:
            hidden = self.primary[MONTHS][0] | straddled(self.lattice.members, self.pattern.labels)
            for table in self.pattern.tables:
                hidden |= split_by(self.lattice.members, table)
            self._seen = (self.pattern, hidden)
        return self._seen[1]

    def worth(self) -> Floats:
        """Return by figure what would be lost with it."""
        rhythm = 1.0 + 0.5 * self.pattern.quarterly + 0.5 * self.pattern.monthly
        return np.asarray(self.lattice.weight * ~self.hidden() * rhythm)

    def width(self, figure: Bools, window: int) -> Ints:
        """Return by view how wide a figure's interval is over a window."""
        last = self.month.number
        return window_width(self.pattern, self.month.counts, figure, last - window + 1, last)

    def settle(self) -> None:
        """Add swaps until every hidden figure and zone is open enough."""
        for turn in count():
            before, small_steps = self.pattern, turn < ROUNDS
            untold = ~self._told()
            views, strict = self.views & untold, self.strict & untold
            for number, window in self._hidden_windows():
                figure = self.lattice.members[number]
                self._open(figure, strict[:, number], window, small_steps=small_steps)
                if small_steps:
                    self._open(figure, views[:, number], window, surround=False)
            for head in self._small_classes():
                self._enlarge(head)
            if not self.entering:
                self._keep_base()
            if self.pattern is before:
                return

    def _hidden_windows(self) -> list[tuple[int, int]]:
        """Return figures and zones with the windows over which they are hidden and must be open, small places first."""
        hidden = self.hidden()
        found = [(number, MONTHS) for number in np.flatnonzero(hidden).tolist()]
        if not self.entering:
            by_month = self.pattern.monthly & (hidden | self.primary[1][0])
            by_quarter = self.pattern.monthly & (hidden | self.primary[3][0])
            if self.month.number % 3 == 2:
                by_quarter |= self.pattern.quarterly & (hidden | self.primary[3][0])
            found += [(number, 1) for number in np.flatnonzero(by_month).tolist()]
            found += [(number, 3) for number in np.flatnonzero(by_quarter).tolist()]
        size = self.lattice.members @ self.mass
        return sorted(found, key=lambda one: (int(size[one[0]]), one))

    def _small_classes(self) -> list[int]:
        """Return the classes whose sum, which a difference may give, is itself too small."""
        labels = self.pattern.labels
        held = np.bincount(labels, weights=self.mass, minlength=labels.size)
        return [int(head) for head in np.flatnonzero((held > 0) & (held < self.limits.threshold))]

    def _enlarge(self, head: int) -> None:
        figure = self.pattern.labels == self.pattern.labels[head]
        if 0 < self.mass[figure].sum() < self.limits.threshold:
            outsider = np.zeros(self.month.counts.views, dtype=bool)
            outsider[0] = True
            self._open(figure, outsider, MONTHS)

    def _open(
        self, figure: Bools, views: Bools, window: int, *, small_steps: bool = True, surround: bool = True
    ) -> None:
        """Add swaps until a figure is open enough over a window, to all views asked for.

        `surround`: what surrounds it is joined if need be, until nothing is told apart; else there may be no swap left.
        """
        for turn in count():
            now = self.width(figure, window)[views]
            if not now.size or now.min() >= self.limits.protection:
                return
            small = small_steps and turn < ROUNDS
            if small and self._add(figure, views, window, now):
                continue
            if not (surround and self._surround([figure])):
                return

    def _surround(self, figures: Sequence[Bools], *, far: bool = True) -> bool:
        """Join all that surrounds one of some figures, the least that is not joined yet; return whether there was any.

        It surrounds the figure's atom of most moves: a wide figure is opened there, at the cost of that place alone.
        `far`: everything may be joined, if need be.
        """
        anchors = [int(np.argmax(np.where(figure, self.mass, -1))) for figure in figures]
        for step, place in zip(STEPS if far else STEPS[:-1], self._around, strict=False):
            for anchor, figure in zip(anchors, figures, strict=True):
                area = place == place[anchor]
                labels = self.pattern.labels
                wider = step == STEPS[-1] or (area & ~figure).any()
                if wider and (labels[area] != labels[anchor]).any():
                    self._join(area)
                    self.steps[step] += 1
                    return True
        return False

    def _join(self, area: Bools) -> None:
        """Make one class of all classes that have atoms in an area."""
        pattern = self.pattern
        for head in np.unique(pattern.labels[area]).tolist():
            pattern = pattern.joined(int(np.flatnonzero(area)[0]), head, self.since)
        self.pattern = pattern

    def _add(self, figure: Bools, views: Bools, window: int, now: Ints) -> bool:
        """Add the best swap there is; return whether there is one."""
        labels, needed, worth = self.pattern.labels, self.limits.protection, self.worth()
        one, other, one_broken, other_broken = search.classes_around(labels, figure)
        last = self.month.number
        mass = self.month.counts.sums(max(self.since, last - window + 1), last)[views]
        may = ~self.month.counts.closed[views]
        held, receives = np.zeros_like(mass), np.zeros_like(may)
        np.add.at(held.T, labels, mass.T)
        np.logical_or.at(receives.T, labels, may.T)
        added = (held[:, one] * ~one_broken)[:, :, None] * receives[:, None, other]
        added = added + (held[:, other] * ~other_broken)[:, None, :] * receives[:, one, None]
        ratio = (now[:, None, None] + added).min(axis=0) / needed
        cost = search.join_costs(self.lattice, worth, one, other)
        found = search.best(cost, ratio, float(now.min()) / needed)
        limit = cost[found[0], found[1]] if found and found[2] else np.inf
        # A place that is shown over 12 months at no level has months of its own only if it has moves enough.
        short = bool((self.lattice.members[self._short] == figure).all(axis=1).any())
        if limit > 0 and (not short or self.mass[figure].sum() >= 2 * needed):
            for price, pairs in search.tables(self.lattice, self._pairs, self.mass, worth, figure):
                if price >= limit:
                    break
                table = Table(self.since, pairs)
                if mass_of(table, self.month.counts, figure, last - window + 1, last)[views].min() >= needed:
                    self.pattern = self.pattern.tabled(pairs, self.since)
                    return True
        if found is None:
            return False
        self.pattern = self.pattern.joined(int(one[found[0]]), int(other[found[1]]), self.since)
        return True

    def rhythm_width(self, base: Ints, number: int, pattern: Pattern | None = None) -> int:
        """Return the least width of a figure's unshown months and quarters, under this pattern or another."""
        pattern = pattern or self.pattern
        shut = pattern.shut if self.entering else self._next_shut(pattern)
        views = self._rhythm_views(number)
        if pattern.monthly[number] or not views.any():
            return self.limits.protection
        figure = self.lattice.members[number]
        width = rhythm_width(pattern, base[views], shut[views], figure, quarterly=False)
        if pattern.quarterly[number]:
            width = np.maximum(width, rhythm_width(pattern, base[views], shut[views], figure, quarterly=True))
        return int(width.min())

    def _next_shut(self, pattern: Pattern) -> Bools:
        return next_shut(pattern, self.month.shut[:, :, -1], pattern.labels, self.month.number)

    def _rhythm_views(self, number: int) -> Bools:
        """Return to whom the months of a figure must stay open."""
        among = np.arange(self.views.shape[0]) == 0
        return np.asarray(self.views[:, number] & (self.limits.insiders | among))

    def _rhythmic(self) -> list[int]:
        """Return the figures whose months must stay open, and all whose months a difference of shown ones may tell."""
        size = self.lattice.members @ self.mass
        chosen = np.flatnonzero(self._short | ~self.hidden())
        return [int(number) for number in chosen[np.argsort(size[chosen], kind="stable")]]

    def _keep_base(self) -> None:
        """Hide places whose months the new window would betray: theirs join others of which the month has enough."""
        base = next_base(self.pattern, self.month.counts, self.pattern.labels, self.month.number)
        for number in self._rhythmic():
            while (reached := self.rhythm_width(base, number)) < self.limits.protection:
                poorer = self._poorer(number, base)
                if not self._share_month(number, base, reached, poorer):
                    atoms = [np.arange(self.lattice.atoms) == row for row in poorer.tolist()]
                    # What the month made poor is the place in trouble, not the figure that it leaves too narrow.
                    if not (self._surround(atoms, far=False) or self._surround([self.lattice.members[number]])):
                        return
                base = next_base(self.pattern, self.month.counts, self.pattern.labels, self.month.number)

    def _poorer(self, number: int, base: Ints) -> Ints:
        """Return rows that the month makes poorer, on which the months of a figure depend: those in it first."""
        k, labels = self.month.number % MONTHS, self.pattern.labels
        rows = np.flatnonzero(self.pattern.rows == np.arange(labels.size))
        dropped = (self.pattern.base[0, :, k] - base[0, :, k]) * np.isin(np.arange(labels.size), rows)
        figure = self.lattice.members[number]
        inside = np.zeros(labels.size, dtype=bool)
        inside[self.pattern.rows[figure]] = True
        groups = self.pattern.months if self.pattern.quarterly[number] else self.pattern.quarters
        poorer = np.flatnonzero((dropped > 0) & np.isin(groups, np.unique(groups[inside])))
        return np.asarray(poorer[np.argsort(~inside[poorer], kind="stable")][:8])

    def _share_month(self, number: int, base: Ints, reached: int, poorer: Ints) -> bool:
        """Join one of some rows that the month makes poorer with a class that has moves to spare in it."""
        if not poorer.size:
            return False
        k, labels = self.month.number % MONTHS, self.pattern.labels
        rows = np.flatnonzero(self.pattern.rows == np.arange(labels.size))
        x = self.month.counts.x[0, :, self.month.number - self.month.counts.start]
        spare = np.bincount(labels, weights=x, minlength=labels.size)
        np.subtract.at(spare, labels[rows], base[0, rows, k])
        other = np.flatnonzero((spare > 0) & (labels == np.arange(labels.size)))
        cost = search.join_costs(self.lattice, self.worth(), labels[poorer], other)
        before = self.pattern
        for index in np.argsort(cost, axis=None, kind="stable")[:60].tolist():
            i, j = divmod(index, other.size)
            tried = before.joined(int(labels[poorer[i]]), int(other[j]), self.since)
            richer = next_base(tried, self.month.counts, tried.labels, self.month.number)
            if self.rhythm_width(richer, number, tried) > reached:
                self.pattern = tried
                return True
        return False

    def set_rhythm(self) -> None:
        """At the first window: which figures are shown each month and each quarter, and groups that hide the others."""
        steady = {window: self._steady(window) for window in (1, 3)}
        for turn in count():
            pattern = self.pattern
            # Of parts and zones that are shown over 12 months only, a difference of shown ones tells the months.
            quarterly = ~self.hidden() & steady[3]
            self.pattern = replace(
                pattern,
                rows=pattern.labels,
                quarterly=quarterly,
                monthly=quarterly & steady[1],
                base=first_base(self.month.counts, pattern.labels),
                shut=first_shut(self.month.shut, self.month.counts.start, pattern.labels),
            )
            self._regroup()
            poor = self._dim_all()
            if not poor:
                return
            enriched = np.zeros(self.lattice.atoms, dtype=bool)
            for number in poor:
                figure = self.lattice.members[number]
                # Several poor places are often of one class: what was joined may be enough for the next.
                if not enriched[figure].any():
                    self._enrich(number, small_steps=turn < ROUNDS)
                    enriched |= np.isin(self.pattern.labels, self.pattern.labels[figure])
            self.settle()
            if self.pattern.labels is pattern.labels:
                return

    def _dim_all(self) -> list[int]:
        """Show figures less often until all months are open; return those that are too poor whatever is shown."""
        base, none = self.pattern.base, np.zeros_like(self.pattern.quarterly)
        one = np.zeros_like(self.pattern.quarters)
        dark = replace(self.pattern, quarters=one, months=one, quarterly=none, monthly=none)
        poor = [
            number
            for number in self._rhythmic()
            if not self.pattern.monthly[number] and self.rhythm_width(base, number, dark) < self.limits.protection
        ]
        changed = not poor
        while changed:
            changed = False
            for number in self._rhythmic():
                while self.rhythm_width(base, number) < self.limits.protection and self._dim(number):
                    changed = True
        return poor

    def _enrich(self, number: int, *, small_steps: bool) -> None:
        """Join the class of a place of few moves with its cheapest neighbour, or all that surrounds it."""
        figure = self.lattice.members[number]
        one, other, _, _ = search.classes_around(self.pattern.labels, figure)
        cost = search.join_costs(self.lattice, self.worth(), one, other)
        held = np.bincount(self.pattern.labels, weights=self.mass, minlength=figure.size)[other]
        # The smallest of those that cost the same: `best` takes the least ratio.
        ratio = np.where(held > 0, 1.0 + held, 0.0)[None, :] + 0 * cost
        found = search.best(cost, ratio, 0.0) if small_steps else None
        if found and found[2]:
            self.pattern = self.pattern.joined(int(one[found[0]]), int(other[found[1]]), self.since)
        else:
            self._surround([figure])

    def _steady(self, window: int) -> Bools:
        """Return by figure whether each window of so many months in the first year is well above the threshold."""
        steady = np.ones(self.lattice.members.shape[0], dtype=bool)
        for last in range(self.month.number - MONTHS + window, self.month.number + 1):
            month = replace(self.month, number=last)
            steady &= ~primary(self.lattice, month, self.limits, window, entering=True)[0]
        return steady

    def _dim(self, number: int) -> bool:
        """Show less often what keeps a figure's group and the cheapest other apart; return whether anything did."""
        pattern, members = self.pattern, self.lattice.members
        by_month = bool(pattern.quarterly[number])
        lit, labels = (pattern.monthly, pattern.months) if by_month else (pattern.quarterly, pattern.quarters)
        # Of what is left of the year's base, the groups that can give least are of no use.
        held = np.bincount(labels, weights=pattern.base[0].sum(axis=1), minlength=labels.size)
        one, other, _, _ = search.classes_around(labels, members[number])
        # Zones cost nothing to dim, but each one dimmed must be opened too.
        worth = np.maximum(self.lattice.weight, 1e-3) * lit
        cost = search.join_costs(self.lattice, worth, one, other)
        cost = np.where(held[other][None, :] >= self.limits.protection, cost, np.inf)
        if not np.isfinite(cost).any() or cost.min() >= search.NEVER:
            if by_month:
                self.pattern = replace(pattern, quarterly=pattern.quarterly & (np.arange(lit.size) != number))
                self._regroup()
            return by_month
        i, j = np.unravel_index(int(np.argmin(cost)), cost.shape)
        between = members[:, one[i]] != members[:, other[j]]
        if by_month:
            self.pattern = replace(pattern, monthly=pattern.monthly & ~between)
        else:
            self.pattern = replace(pattern, quarterly=pattern.quarterly & ~between, monthly=pattern.monthly & ~between)
        self._regroup()
        return True

    def _regroup(self) -> None:
        members = self.lattice.members
        self.pattern = replace(
            self.pattern,
            quarters=apart(members, self.pattern.quarterly),
            months=apart(members, self.pattern.monthly),
        )


def apart(members: Bools, lit: Bools) -> Ints:
    """Return the coarsest partition that keeps some figures whole: atoms that none of them tells apart."""
    _, first, place = np.unique(members[lit], axis=1, return_index=True, return_inverse=True)
    smallest = np.full(first.size, members.shape[1], dtype=np.int64)
    np.minimum.at(smallest, place.reshape(-1), np.arange(members.shape[1]))
    return np.asarray(smallest[place.reshape(-1)])
