"""Breakdowns (reasons, destinations, origins): shown for a place with all their classes, or not at all.

Invariant: the classes of the places that are held back together are each 0 or at least the threshold, and these places
are two or more: within what the whole and the places shown leave, moves of one class may stand in any of them
(Fréchet's bounds of a table whose margins alone are known).
"""

import numpy as np

from streams.secrecy.lattice import Bools, Ints


def places_shown(counts: Ints, threshold: int) -> Bools:
    """Return by place whether its breakdown may be shown beside that of the whole, of shape (places,).

    `counts`: by place, part and class, the remainder that classes leave of the total being one; parts are disjoint.
    """
    small: Bools = np.asarray(((counts > 0) & (counts < threshold)).any(axis=(1, 2)))
    if not small.any():
        return np.asarray(~small)
    for place in np.argsort(counts.sum(axis=(1, 2)), kind="stable").tolist():
        held = counts[small].sum(axis=0)
        if small.sum() > 1 and not ((held > 0) & (held < threshold)).any():
            break
        small[place] = True
    return np.asarray(~small)


def whole_shown(counts: Ints, threshold: int) -> bool:
    """Return whether the breakdown of the whole may be shown: every class of every part is 0 or enough."""
    held = counts.sum(axis=0)
    return not bool(((held > 0) & (held < threshold)).any())
