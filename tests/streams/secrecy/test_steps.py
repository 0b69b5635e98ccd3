"""A place that nothing opens costs what surrounds it, and no more: the rest of the region stays shown."""

import numpy as np
import pytest

from streams.secrecy.decision import STEPS
from streams.secrecy.lattice import INSIDE, OUTSIDE, Bools, Cell, Ints, Lattice, build_lattice
from streams.secrecy.primary import Limits, Month
from streams.secrecy.protection import MONTHS, Counts
from streams.secrecy.suppression import Shown, advance, start

LIMITS = Limits(threshold=11, protection=4, entry=1.2, dominance=0.85, insiders=False)
FIRST = 12 * 2024
REGION, DEPARTEMENTS, EPCIS, COMMUNES = 1, 3, 2, 3


def region() -> Lattice:
    """Départements of intercommunalities of communes, each with a quartier and the rest."""
    cells, levels = [], {REGION: "region"}
    for departement in range(DEPARTEMENTS):
        for epci in range(EPCIS):
            for commune in range(COMMUNES):
                numbers = (
                    10 + departement,
                    100 + 10 * departement + epci,
                    1000 + 100 * departement + 10 * epci + commune,
                )
                levels |= dict(zip(numbers, ("departement", "epci", "commune"), strict=True))
                quartier = numbers[2] + 5000
                levels[quartier] = "qpv_2024"
                for part, more in ((INSIDE, (quartier,)), (OUTSIDE, ())):
                    cells.append(Cell(part, False, numbers[2], numbers[1], numbers[0], (REGION, *numbers, *more)))
    return build_lattice(cells, levels)


@pytest.fixture(scope="module")
def lattice() -> Lattice:
    return region()


def decided(lattice: Lattice, x: Ints) -> list[Shown]:
    """Decisions on each window of 12 months of counts by view, atom and month."""
    views, _, months = x.shape
    everywhere, consents = np.ones(lattice.figures, dtype=bool), np.ones(views, dtype=bool)
    found, pattern = [], None
    for t in range(MONTHS - 1, months):
        month = Month(FIRST + t, Counts.of(FIRST, x[:, :, : t + 1]), everywhere, consents)
        step = advance(lattice, month, LIMITS, pattern) if pattern else start(lattice, month, LIMITS)
        pattern, shown = step
        found.append(shown)
    return found


def departement_of(lattice: Lattice, number: int) -> Bools:
    """The figures that lie in a département, and are not the département."""
    inside = lattice.members[: lattice.figures][:, lattice.departement != number].sum(axis=1) == 0
    return inside & np.array([level != "departement" for level in lattice.levels])


def drained(lattice: Lattice, seed: int) -> tuple[Ints, int]:
    """Counts that come back each year, but of which a commune has nothing any more; and the commune's département."""
    random = np.random.default_rng(seed)
    year = random.poisson(random.choice([6.0, 9.0, 15.0], lattice.atoms)[:, None], (lattice.atoms, MONTHS))
    x = np.concatenate([year, year[:, :3]], axis=1)
    commune = int(random.choice(np.unique(lattice.commune)))
    x[lattice.commune == commune, MONTHS:] = 0
    return x[None], int(lattice.departement[lattice.commune == commune][0])


@pytest.mark.parametrize("seed", range(6))
def test_a_drained_commune_that_no_single_swap_opens_costs_its_departement_alone(
    lattice: Lattice, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.secrecy.search.best", lambda *_: None)
    monkeypatch.setattr("streams.secrecy.search.tables", lambda *_: [])
    monkeypatch.setattr("streams.secrecy.decision.Decision._share_month", lambda *_: False)
    x, departement = drained(lattice, seed)
    found = decided(lattice, x)
    there = departement_of(lattice, departement)
    for shown in found:
        assert shown.shown[MONTHS][~there].all()
        assert set(shown.steps) <= set(STEPS[:-1])
    assert any(shown.steps for shown in found) == (not found[-1].shown[MONTHS].all())
