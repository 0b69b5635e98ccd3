"""Alerts on the declarations themselves: who has fallen silent, who sends the past all at once, who counts it twice.

None of them says anything of a quartier: they say that its figures are not to be believed yet.
"""

from dataclasses import dataclass

import numpy as np

from streams.detection import negative_binomial
from streams.detection.verdicts import Bools, Floats, Ints

DAYS_OF_GRACE = 10


def silence(declared_through: Ints, every: Ints, today: int, grace: int = DAYS_OF_GRACE) -> Ints:
    """Return how many days each landlord's next declaration is overdue, 0 while it is not.

    `declared_through` (landlords,), ordinal of the last day declared, 0 or less where nothing ever was: such a landlord
    is not silent, it has not begun. `every` (landlords,): its usual days between two declarations; the next one is due
    `every` days after the last day declared, and late after `grace` more.
    """
    overdue = today - (declared_through + every + grace)
    return np.where((declared_through > 0) & (overdue > 0), overdue, 0)


@dataclass(frozen=True)
class BurstRules:
    """A burst: so many old moves at once that the landlord's own past gives them a chance under `chance`, `moves` of
    them at least; `history` earlier receptions are needed to know it.
    """

    chance: float = 0.001
    moves: int = 20
    history: int = 6


def burst(old_moves: Ints, rules: BurstRules | None = None) -> tuple[Bools, Floats]:
    """Return where a landlord sent many moves with old effect dates at once, and the chance of that.

    `old_moves` (landlords, receptions): moves received with an effect more than two months old, by equal spans of
    reception, the last one tested. The others give a negative binomial by moments (mean m + 1/2, variance at least the
    mean), and the chance is that of at least as many. With too little history the chance is NaN and nothing is said.
    """
    rules = rules or BurstRules()
    before, now = old_moves[:, :-1].astype(np.float64), old_moves[:, -1].astype(np.float64)
    if before.shape[1] < rules.history:
        return np.zeros(len(now), dtype=bool), np.full(len(now), np.nan)
    mean = before.mean(axis=1) + 0.5
    chance = negative_binomial.at_least(now, mean, before.var(axis=1, ddof=1))
    return (chance < rules.chance) & (now >= rules.moves), chance


@dataclass(frozen=True)
class RekeyRules:
    """A re-key: at least `months` months of the past gain, in one reception, nearly (`least` to `most`) what they held,
    `moves` moves at least in all.
    """

    months: int = 6
    moves: int = 30
    least: float = 0.8
    most: float = 1.25


def rekeyed(before: Ints, added: Ints, rules: RekeyRules | None = None) -> Bools:
    """Return which landlords sent their past again under new identities: every month of it counts twice.

    `before` and `added` (landlords, effect months): moves known before the reception and new ones in it. Over the
    months that gained most of what they held, the gain must be close to what was held, as a copy's is: a burst adds to
    some months and not in proportion.
    """
    rules = rules or RekeyRules()
    copied = (before > 0) & (added >= before / 2)
    held, gained = (np.where(copied, values, 0).sum(axis=1) for values in (before, added))
    ratio = gained / np.maximum(held, 1)
    enough = (copied.sum(axis=1) >= rules.months) & (gained >= rules.moves)
    found: Bools = enough & (ratio >= rules.least) & (ratio <= rules.most)
    return found
