"""How moves divide is shown where every class is none or enough, and only beside a total that is shown."""

import numpy as np

from streams.publication.base import FAMILIES, KEPT, MEASURES, RELET
from streams.publication.divisions import Division, divide
from streams.secrecy.lattice import Bools, Ints, Lattice
from streams.secrecy.tables import TableLimits
from tests.streams.secrecy.test_steps import region

LIMITS = TableLimits(threshold=11, protection=4, dominance=0.85)


def counts(lattice: Lattice, atom: int = 0, n: int = 2) -> dict[str, Ints]:
    """Two a month of each class by atom, 30 of each total, of two landlords; one atom: a class for `n` months only."""
    found = {}
    for name in KEPT:
        x = np.full((3, lattice.atoms, 14), 30 if name in MEASURES else 2, dtype=np.int64)
        if name == "left_same_commune":
            x[0, atom] = 0
            x[0, atom, 2 : 2 + n] = 2
        x[1:] = x[0] // 2
        found[name] = x
    found[RELET][:, :, -1] = 40
    found[RELET][1:, :, -1] = 20
    return found


def divided(lattice: Lattice, x: dict[str, Ints], candidates: Bools) -> dict[str, Division]:
    whole = dict.fromkeys(MEASURES, candidates)
    return {one.name: one for one in divide(lattice, x, np.array([True, False, False]), whole, LIMITS, FAMILIES)}


def test_all_classes_are_shown_where_all_are_enough() -> None:
    lattice = region()
    everywhere = np.ones(lattice.figures, dtype=bool)
    decided = divided(lattice, counts(lattice, n=12), everywhere)
    assert set(decided) == {family.name for family in FAMILIES} | {RELET}
    assert all(one.shown.all() for one in decided.values())


def test_a_small_class_hides_its_family_there_and_no_other_family() -> None:
    lattice = region()
    everywhere = np.ones(lattice.figures, dtype=bool)
    decided = divided(lattice, counts(lattice, atom=5, n=3), everywhere)
    destinations = decided["destinations"].shown
    small = lattice.members[: lattice.figures, 5] & (lattice.members[: lattice.figures].sum(axis=1) == 1)
    assert small.any() and not destinations[small].any()
    assert destinations[lattice.levels.index("region")]
    assert decided["origins"].shown.all() and decided["departure_kinds"].shown.all()


def test_nothing_divides_a_total_that_is_secret() -> None:
    lattice = region()
    secret = lattice.levels.index("commune")
    candidates = np.ones(lattice.figures, dtype=bool)
    candidates[secret] = False
    decided = divided(lattice, counts(lattice, n=12), candidates)
    assert not any(one.shown[secret] for one in decided.values())
    assert all(one.shown.any() for one in decided.values())
