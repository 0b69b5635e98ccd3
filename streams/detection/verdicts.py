"""What a detector says of a count, and why it says nothing where it can say nothing.

Invariant: a value without verdict is neither an alarm nor its absence: its numbers are NaN and its verdict names the
reason. With a verdict come its numbers; only a bound is missing where no count would have been an alarm.
"""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Verdict(IntEnum):
    """What is said of one count; everything from NO_DATA on is a reason for saying nothing."""

    NORMAL = 0
    ALARM = 1
    TOO_FEW_EVENTS = 2
    """Tested, but too few events of late to raise an alarm, whatever the count (`limit54`)."""
    NO_DATA = 10
    """Nothing is known of the tested period."""
    NEGATIVE_COUNT = 11
    """Corrections have taken away more than the period holds."""
    EXPOSURE_ZERO = 12
    """Nothing was at risk, or the exposure is not known."""
    COVERAGE_BELOW_HALF = 13
    """Less than half of the exposure is covered by declarations."""
    COVERAGE_MISSING = 14
    """Coverage is given for other periods, not for this one."""
    TOO_LITTLE_HISTORY = 15
    """The reference periods begin before the series, or most of them are missing."""
    NO_EVENTS = 16
    """The history holds not one event: there is nothing to compare with."""
    NO_CONVERGENCE = 17
    """The model could not be fitted."""
    IN_THE_FUTURE = 18
    """The period has not ended: its count is not known yet."""

    @property
    def given(self) -> bool:
        """Whether this is a verdict at all."""
        return self < Verdict.NO_DATA

    @property
    def code(self) -> str:
        """The word for machines: `no_verdict:` and the reason where none is given."""
        return self.name.lower() if self.given else f"no_verdict:{self.name.lower()}"


class Tested(NamedTuple):
    """What a detector found, arrays of one shape (series, periods tested).

    `expected` and `upper` in events, `p_value` the chance under the model of at least the observed count. `upper` is
    the largest count that raises no alarm by itself. NaN where there is no verdict; `upper` also for TOO_FEW_EVENTS.
    """

    expected: Floats
    upper: Floats
    p_value: Floats
    verdict: Ints

    @property
    def alarm(self) -> Bools:
        """Where an alarm is raised."""
        where: Bools = self.verdict == Verdict.ALARM
        return where

    @property
    def given(self) -> Bools:
        """Where there is a verdict."""
        where: Bools = self.verdict < Verdict.NO_DATA
        return where


def blank(shape: tuple[int, ...], verdict: Verdict) -> Tested:
    """Return results of that shape of which nothing is known yet."""
    nothing = np.full(shape, np.nan)
    return Tested(nothing, nothing.copy(), nothing.copy(), np.full(shape, verdict, dtype=np.int64))


def enough_of_late(counts: Floats, periods: Ints, recent: tuple[int, int]) -> Bools:
    """Return whether enough events were seen (series, periods): `recent`, so many in so many periods, the tested one
    included; what is not known counts as none. Source: Farrington et al. 1996, 3.8 (`limit54`).
    """
    needed, last = recent
    total = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(np.nan_to_num(counts), axis=1)], axis=1)
    seen: Bools = total[:, periods + 1] - total[:, np.maximum(periods + 1 - last, 0)] >= needed
    return seen
