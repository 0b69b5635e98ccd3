"""One move under two identities: after a landlord changed its key, or took over another landlord's leases.

An event may say `former_move_id`: this same move under the earlier key, or at the predecessor (`former_landlord`).
Both identities are written, always together and from the same event. Invariant: at most one of the two rows
counts, so that a successor's correction corrects and never doubles, whatever the order of arrival.

- A changed key: the new identity counts. The earlier one is closed for ever: nothing sent under it comes back.
- A merger: a move with effect before the day of the merger counts at the predecessor, whose stock and declarations
  cover that month; a later one at the successor. A corrected date may cross that day: the rows change places. The two
  number their revisions each in their own way, so both rows rank above all that either says of its own identity
  alone: the successor's newest word of the pair is the last one.
"""

from datetime import date
from typing import NamedTuple

from schemas.events.lineage import Merger
from schemas.events.models import LAST_REVISION

Key = tuple[str, bytes]
Rank = tuple[int, bytes]
OF_A_PAIR = LAST_REVISION
"""Added to the revision of what a successor says of a move under both its identities."""
CLOSED: Rank = (OF_A_PAIR + LAST_REVISION - 1, b"\xff" * 16)
"""Greater than the rank of any event."""


class Identities(NamedTuple):
    """The identity under which a move counts, the one under which it does not, and the rank of each one's row."""

    counting: Key
    rank: Rank
    other: Key
    other_rank: Rank


def identities(own: Key, earlier: Key, rank: Rank, effective_on: date, merger: Merger | None) -> Identities:
    """Return what becomes of a move's own and earlier identity; `merger` is None for a landlord's own earlier key."""
    if merger is None:
        return Identities(own, rank, earlier, CLOSED)
    revision, content = rank
    both = (OF_A_PAIR + revision, content)
    if effective_on < merger.merged_on:
        return Identities(earlier, both, own, both)
    return Identities(own, both, earlier, both)
