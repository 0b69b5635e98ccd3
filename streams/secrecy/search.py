"""Which atoms to stop telling apart so that a count is open enough, at the least loss of what is shown.

The cheapest swap that suffices is taken, by the weight of the figures that it hides; where none does, the one that
opens most, and again. Neighbours come first (same intercommunality), then the region.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streams.secrecy.lattice import Bools, Floats, Ints, Lattice

_TABLES_TRIED = 24
NEVER = 1e18
_DISTANCE = 0.5
_MUCH_CHEAPER = 5.0


@dataclass(frozen=True)
class Pairs:
    """Pairs of atoms of one commune and two parts, and by figure and pair what a move between them changes."""

    pairs: Ints
    change: np.typing.NDArray[np.int8]

    @classmethod
    def of(cls, lattice: Lattice) -> "Pairs":
        """Return all such pairs of a lattice."""
        by_commune = np.argsort(lattice.commune, kind="stable")
        found = []
        for group in np.split(by_commune, np.flatnonzero(np.diff(lattice.commune[by_commune])) + 1):
            found += [(a, b) for a in group.tolist() for b in group.tolist() if lattice.part[a] != lattice.part[b]]
        pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
        members = lattice.members.astype(np.int8)
        return cls(pairs, members[:, pairs[:, 0]] - members[:, pairs[:, 1]])


def join_costs(lattice: Lattice, worth: Floats, one: Ints, other: Ints) -> Floats:
    """Return the weight of the shown figures that joining each class of `one` with each of `other` would hide.

    `one`, `other`: first atoms of classes. `worth`: by figure, its weight if it is shown, else 0.
    """
    kept = np.flatnonzero(worth > 0)
    members, weight = lattice.members[kept], worth[kept]
    left, right = members[:, one].astype(float), members[:, other].astype(float)
    weighted = left * weight[:, None]
    cost = weighted.sum(axis=0)[:, None] + (weight @ right)[None, :] - 2.0 * weighted.T @ right
    far = lattice.neighbourhood[one][:, None] != lattice.neighbourhood[other][None, :]
    farther = lattice.departement[one][:, None] != lattice.departement[other][None, :]
    cost += _DISTANCE * (far.astype(float) + farther)
    return np.asarray(np.where(one[:, None] == other[None, :], NEVER, np.maximum(cost, 0.0)))


def classes_around(labels: Ints, figure: Bools) -> tuple[Ints, Ints, Bools, Bools]:
    """Return the classes that touch a figure, those that are not wholly in it, and which of both it straddles."""
    touching = np.unique(labels[figure])
    beyond = np.unique(labels[~figure])
    broken = np.intersect1d(touching, beyond)
    return touching, beyond, np.isin(touching, broken), np.isin(beyond, broken)


def best(cost: Floats, ratio: Floats, before: float) -> tuple[int, int, bool] | None:
    """Return the row and column of the cheapest choice that suffices (ratio of 1), else of the one that goes farthest.

    The last is whether it suffices; None if nothing goes farther than `before`.
    """
    if not cost.size:
        return None
    enough = (ratio >= 1) & (cost < NEVER)
    better = (ratio > before) & (cost < NEVER)
    dear = float(cost[enough].min()) if enough.any() else np.inf
    if (slow := better & (cost < dear / _MUCH_CHEAPER)).any() and dear > 0:
        # Several cheap steps rather than one that hides a département.
        gain = np.where(slow, (np.minimum(ratio, 1.0) - before) / (cost + 1.0), -np.inf)
        i, j = np.unravel_index(int(np.argmax(gain)), gain.shape)
        return int(i), int(j), False
    if enough.any():
        # Of those that cost the same, the one that opens no more than it must hides the least.
        tie = np.where(enough, cost + 1e-6 * np.minimum(ratio, 1e5), np.inf)
        i, j = np.unravel_index(int(np.argmin(tie)), tie.shape)
        return int(i), int(j), True
    if not better.any():
        return None
    i, j = np.unravel_index(int(np.argmax(np.where(better, ratio, -np.inf))), ratio.shape)
    return int(i), int(j), False


def tables(
    lattice: Lattice, known: Pairs, mass: Ints, worth: Floats, figure: Bools
) -> list[tuple[float, tuple[tuple[int, int], ...]]]:
    """Return the cheapest tables: an atom of the figure and one beside it in its commune, and such pairs elsewhere.

    `mass`: moves by atom over the window. Each comes with its cost, cheapest first.
    """
    kept = np.flatnonzero(worth > 0)
    found: list[tuple[float, tuple[tuple[int, int], ...]]] = []
    inside = np.flatnonzero(figure)
    for a in inside[np.argsort(-mass[inside], kind="stable")][:2].tolist():
        beside = np.flatnonzero((lattice.commune == lattice.commune[a]) & ~figure & (lattice.part != lattice.part[a]))
        for b in beside[np.argsort(-mass[beside], kind="stable")][:3].tolist():
            for near in nearby(lattice, figure):
                found += _two_communes(lattice, known, mass, worth, kept, (a, b), near)
                if wide := _wide(lattice, a, b, near):
                    left, right = np.array(wide).T
                    change = lattice.members[np.ix_(kept, left)].astype(np.int8) - lattice.members[np.ix_(kept, right)]
                    lost = (change != change[:, :1]).any(axis=1)
                    found.append((float(worth[kept] @ lost), wide))
    return sorted(found, key=lambda one: one[0])[:_TABLES_TRIED]


def _two_communes(
    lattice: Lattice, known: Pairs, mass: Ints, worth: Floats, kept: Ints, pair: tuple[int, int], near: Bools
) -> list[tuple[float, tuple[tuple[int, int], ...]]]:
    """Return tables of a pair of atoms and one such pair of another commune near, the cheapest of the roomiest."""
    a, b = pair
    chosen = np.flatnonzero(
        near[known.pairs[:, 0]]
        & (lattice.part[known.pairs[:, 0]] == lattice.part[a])
        & (lattice.part[known.pairs[:, 1]] == lattice.part[b])
        & (lattice.commune[known.pairs[:, 0]] != lattice.commune[a])
    )
    room = np.minimum(mass[known.pairs[chosen, 0]], mass[b]) + np.minimum(mass[known.pairs[chosen, 1]], mass[a])
    chosen = chosen[np.argsort(-room, kind="stable")][:40]
    ours = lattice.members[kept, a].astype(np.int8) - lattice.members[kept, b].astype(np.int8)
    cost = worth[kept] @ (known.change[np.ix_(kept, chosen)] != ours[:, None])
    return [
        (float(cost[index]), (pair, (int(known.pairs[chosen[index], 0]), int(known.pairs[chosen[index], 1]))))
        for index in np.argsort(cost, kind="stable")[:8].tolist()
    ]


def _wide(lattice: Lattice, a: int, b: int, near: Bools) -> tuple[tuple[int, int], ...]:
    """Return the table of all communes near that have one atom only in each of the parts of a and b, theirs first."""
    found = {int(lattice.commune[a]): (a, b)}
    both = {}
    for part in (lattice.part[a], lattice.part[b]):
        atoms = np.flatnonzero(near & (lattice.part == part))
        communes, first, times = np.unique(lattice.commune[atoms], return_index=True, return_counts=True)
        both[part] = dict(zip(communes[times == 1].tolist(), atoms[first[times == 1]].tolist(), strict=True))
    for commune, left in both[lattice.part[a]].items():
        if commune not in found and commune in both[lattice.part[b]]:
            found[commune] = (left, both[lattice.part[b]][commune])
    return tuple(found.values()) if len(found) > 2 else ()


def nearby(lattice: Lattice, figure: Bools) -> Iterator[Bools]:
    """Yield wider and wider sets of atoms around a figure: its own intercommunalities, départements, then all."""
    for around in (lattice.neighbourhood, lattice.departement):
        close = np.isin(around, around[figure])
        if not close.all():
            yield close
    yield np.ones(lattice.atoms, dtype=bool)
