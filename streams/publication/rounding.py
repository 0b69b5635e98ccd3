"""The other mode: every count rounded to a base, none held back.

Sums of an atom since the first month are rounded, and a month is the difference of two rounded sums: windows of any
length add up, within a base of the truth for each atom. What is published is a function of these rounded sums, so
that no difference tells more: a sum lies within a base of what is shown, and where in it depends on a secret phase
(`core.published_key`). Source: controlled rounding, Hundepool et al., Statistical Disclosure Control, 2012, ch. 4.
"""

import hashlib
import hmac
from collections.abc import Sequence

import numpy as np

from streams.secrecy.lattice import Ints


def phases(key: bytes, names: Sequence[str], base: int) -> Ints:
    """Return the phase of each atom, from 0 to `base` - 1, the same each time for the same key and name."""
    digests = (hmac.new(key, name.encode(), hashlib.sha256).digest() for name in names)
    return np.array([int.from_bytes(one[:8], "big") % base for one in digests], dtype=np.int64)


def rounded(x: Ints, phase: Ints, base: int) -> Ints:
    """Return moves by atom and month, of shape (atoms, months), such that all sums are multiples of `base`."""
    so_far = (x.cumsum(axis=1) + phase[:, None]) // base * base
    return np.asarray(np.diff(so_far, axis=1, prepend=0))
