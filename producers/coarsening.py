"""Coarsen what would single a household out, before anything leaves: rare combinations, and sensitive reasons.

What a neighbour may know of a move is a combination: commune, both QPVs, direction, month, rooms, financing, reason
and the household's classes. One that fewer than `k` moves of the file share loses detail step by step, least useful
first, until it is shared or nothing is left to take: household classes, financing, rooms, reason. Territory, month
and direction are never touched: they are what is counted. The dwelling is a pseudonym that the landlord alone can
make, so it is no part of what a neighbour knows; the start of the tenancy and the class of place are needed for the
indicators and are not coarsened here, nor is the day, which live windows need: a landlord that wants it so sends
months only (`precision = "mois"` in its mapping), and `uniqueness.py` says what each choice leaves.

Invariant: every combination that remains is shared by at least `k` moves, or is at its coarsest. What was already
sent and has not changed keeps its step: it is counted, not coarsened again, so that a corrected file changes only
what changed. Same file and same history: same result.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from schemas.codes import Code, code_list

K = 5
STEPS_FR = (
    "rien à regrouper",
    "sans le ménage",
    "sans le ménage ni le financement",
    "sans le ménage, le financement ni la typologie",
    "sans le ménage, le financement, la typologie ni le motif",
)
COARSEST = len(STEPS_FR) - 1
FREE = -1
"""The step of a move that is still to be found."""

_HOUSEHOLD = ("household_type", "household_size", "holder_age")
_UNKNOWN = "non_renseigne"
_LISTS: dict[str, dict[str, Code]] = {"out": code_list("departure_reason"), "in": code_list("arrival_nature")}
# A reason decides whether a move counts, and where: only ordinary ones fall into the ordinary catch-all.
_PLAIN = {
    direction: {
        code: "autre" if found.nature_class == "ordinary" and code != _UNKNOWN else code
        for code, found in codes.items()
    }
    for direction, codes in _LISTS.items()
}
_DISCREET = {
    direction: {code: "autre" for code, found in codes.items() if found.sensitive}
    for direction, codes in _LISTS.items()
}

Steps = NDArray[np.int8]
Hashes = NDArray[np.int64]


def discreet_reason(direction: Literal["out", "in"], reason: str) -> str:
    """Return the reason, a sensitive one (death, eviction, separation...) as `autre`."""
    return _DISCREET[direction].get(reason, reason)


def combination_hashes(data: dict[str, Any], direction: str) -> tuple[int, int, int, int, int]:
    """Return a 64-bit hash of a move's combination at each step, the finest first. Equal combinations, equal hashes."""
    get = data.get
    base = (
        direction,
        data["commune"],
        get("qpv_2024"),
        get("qpv_2015"),
        data["effective_on"][:7],
    )
    rooms, financing, reason = data["rooms"], get("financing") or _UNKNOWN, data["reason"]
    household = (
        get("household_type") or _UNKNOWN,
        get("household_size") or _UNKNOWN,
        get("holder_age") or _UNKNOWN,
    )
    plain = _PLAIN[direction].get(reason, reason)
    return (
        hash((base, reason, rooms, financing, household)),
        hash((base, reason, rooms, financing, _NO_HOUSEHOLD)),
        hash((base, reason, rooms, _UNKNOWN, _NO_HOUSEHOLD)),
        hash((base, reason, "unknown", _UNKNOWN, _NO_HOUSEHOLD)),
        hash((base, plain, "unknown", _UNKNOWN, _NO_HOUSEHOLD)),
    )


_NO_HOUSEHOLD = (_UNKNOWN,) * len(_HOUSEHOLD)


def find_steps(hashes: Hashes, known: Steps, counted: NDArray[np.bool_], k: int) -> Steps:
    """Return the step of each move.

    `hashes` is (moves, 5): a combination's hash at each step. `known` (moves): the step at which a move was sent,
    or FREE. `counted` (moves): whether it is one of those that others hide among; a cancelled move is not.
    """
    steps = np.where(known == FREE, np.int8(0), known).astype(np.int8)
    settled = known != FREE
    rows = np.arange(len(steps))
    for step in range(COARSEST):
        free = np.flatnonzero(~settled)
        if not len(free):
            break
        present = hashes[rows, steps]
        values, sizes = np.unique(present[counted], return_counts=True)
        shared = values[sizes >= k]
        settled[free] = np.isin(present[free], shared)
        steps[free[~settled[free]]] = step + 1
    return steps


def without_days(data: dict[str, Any]) -> None:
    """Leave of a move's dates what a landlord that chose the precision of the month sends."""
    data["effective_on"] = f"{data['effective_on'][:7]}-01"
    data["date_precision"] = "month"
    data.pop("notice_received_on", None)


def coarsen(data: dict[str, Any], direction: str, step: int, *, by_month: bool = False) -> None:
    """Take the detail of a step out of a move's data; `by_month`: the landlord chose the precision of the month.

    The start of the tenancy of a rare combination is then its year's January.
    """
    if step >= 1 and by_month and (started := data.get("tenancy_started_on")):
        data["tenancy_started_on"] = f"{started[:4]}-01"
    if step >= 1:
        for name in _HOUSEHOLD:
            data.pop(name, None)
    if step >= 2:
        data.pop("financing", None)
    if step >= 3:
        data["rooms"] = "unknown"
    if step >= 4:
        data["reason"] = _PLAIN[direction].get(data["reason"], data["reason"])
