"""What has been decided so far: which atoms are never told apart, from which month on.

The pattern is a set of *swaps*: changes of the counts that leave every shown figure as it is. Two kinds:
- a **class** of atoms: moves may pass from one to another within a month. A figure that holds some of them and not
  others is hidden, and its count is open by what the class holds;
- a **table**: pairs of atoms (commune i: a_i, b_i) whose row and column sums stay: what passes from b_1 to a_1 passes
  from a_2 to b_2. It hides a small part of a commune without hiding the commune or the part at upper levels.
Each holds from its month on, for good: whatever is published later leaves them possible, so what was hidden stays so.

Then *rhythm*: a figure may be shown every 12-month window (always a difference of two months is told, x(m) - x(m-12)),
quarters at their end too, or each month. `quarters` and `months` are classes for these: within one, moves may pass from
a figure to another provided that they come back in another month of the same year, every year. What is open there
is bounded by `base`: for each month of the year, the least count of all the years published.
"""

from dataclasses import dataclass, replace

import numpy as np

from streams.secrecy.lattice import Bools, Ints


@dataclass(frozen=True)
class Table:
    """Pairs of atoms, one a commune, that stand in two columns; `since`: absolute month (12 * year + month - 1)."""

    since: int
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Classes:
    """A partition of the atoms that holds from a month on: `labels[a]` is the smallest atom of a's class."""

    since: int
    labels: Ints


@dataclass(frozen=True)
class Pattern:
    """The state of one measure after the window that ends with `through`.

    `start`: the first month of the first window. `base[v, r, k]`: for view v (0: an outsider; else one landlord's own
    moves are left out) and row r (a class of the first window), the least count of calendar month k.
    `monthly`, `quarterly`: figures shown each month, at the end of each quarter. `shut[v, r, k]`: whether view v knows
    that row r has no move in calendar month k of some year: no move can pass to it then.
    """

    start: int
    through: int
    rows: Ints
    classes: tuple[Classes, ...]
    tables: tuple[Table, ...]
    quarters: Ints
    months: Ints
    quarterly: Bools
    monthly: Bools
    base: Ints
    shut: Bools

    @property
    def labels(self) -> Ints:
        """The classes that hold now."""
        return self.classes[-1].labels

    def joined(self, one: int, other: int, since: int) -> "Pattern":
        """Return the pattern with the classes of two atoms made one from a month on."""
        labels = union(self.labels, one, other)
        kept = self.classes[:-1] if self.classes[-1].since == since else self.classes
        return replace(self, classes=(*kept, Classes(since, labels)))

    def tabled(self, pairs: tuple[tuple[int, int], ...], since: int) -> "Pattern":
        """Return the pattern with one more table."""
        return replace(self, tables=(*self.tables, Table(since, pairs)))


def union(labels: Ints, one: int, other: int) -> Ints:
    """Return a partition with the classes of two atoms made one."""
    low, high = sorted((int(labels[one]), int(labels[other])))
    return np.where(labels == high, low, labels)


def straddled(members: Bools, labels: Ints) -> Bools:
    """Return, by figure (row of `members`), whether it holds some atoms of a class and not others."""
    first = members[:, labels]
    return np.asarray((first != members).any(axis=1))


def split_by(members: Bools, table: Table) -> Bools:
    """Return, by figure, whether a table's swaps change it."""
    differences = members[:, [a for a, _ in table.pairs]].astype(np.int8) - members[:, [b for _, b in table.pairs]]
    return np.asarray((differences != differences[:, :1]).any(axis=1))
