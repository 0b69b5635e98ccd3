"""What the network and tired clerks add: repeats, late old revisions, contradictions, malformed events."""

from dataclasses import replace

import numpy as np

from producers.region.calendars import Calendar
from producers.region.draws import DAY, Ints
from producers.region.households import reason_index
from producers.region.lifecycle import (
    EFFECTIVE,
    MALFORMED,
    OTHER_CONTENT,
    OTHER_ENVELOPE,
    PLAIN,
    Versions,
    join,
)
from producers.region.malformed import REASON_CODES
from producers.region.register import Register
from producers.region.tenancies import ORDINARY

_REPEATED_SHARE = 0.004
_LATE_SHARE = 0.02
_MALFORMED_SHARE = 0.0004


def disturb(
    register: Register, versions: Versions, calendar: Calendar, number: int, rng: np.random.Generator
) -> Versions:
    """Return the versions of the landlord `number` as they really arrive, in order of publication."""
    if not versions.row.size:
        return versions
    versions = _delay_old_revisions(register, versions, calendar, rng)
    size = versions.row.size
    parts = [versions]
    for flavour in (PLAIN, OTHER_ENVELOPE):
        rows = np.flatnonzero(rng.random(size) < _REPEATED_SHARE)
        parts.append(_again(versions, rows, calendar, rng, flavour))
    parts.append(_contradict(register, versions, calendar, rng, wanted=1 + number % 2))
    count = 1 + int(rng.poisson(_MALFORMED_SHARE * size))
    rows = rng.integers(0, size, count)
    spoilt = _again(versions, rows, calendar, rng, PLAIN)
    kinds = (number + np.arange(count, dtype=np.int64)) % len(REASON_CODES)
    parts.append(replace(spoilt, flavour=MALFORMED + kinds))
    joined = join(parts)
    return joined.take(np.lexsort((np.arange(joined.row.size), joined.published)))


def _again(versions: Versions, rows: Ints, calendar: Calendar, rng: np.random.Generator, flavour: int) -> Versions:
    """Copy versions, published once more up to three days after (or at the next run)."""
    copy = versions.take(rows)
    later = copy.published + rng.integers(1, 3 * DAY, rows.size)
    published, _ = calendar.publish(later, np.zeros(rows.size, dtype=np.int64))
    return replace(copy, published=published, flavour=np.full(rows.size, flavour, dtype=np.int64))


def _delay_old_revisions(
    register: Register, versions: Versions, calendar: Calendar, rng: np.random.Generator
) -> Versions:
    """Publish some revisions after the one that follows them: they arrive superseded."""
    identity = register.identity()[versions.row]
    followed = np.append(identity[:-1] == identity[1:], False)
    late = np.flatnonzero(followed & (rng.random(identity.size) < _LATE_SHARE))
    after = versions.published[np.minimum(late + 1, identity.size - 1)]
    published = versions.published.copy()
    published[late], _ = calendar.publish(
        after + rng.integers(1, 2 * DAY, late.size), np.zeros(late.size, dtype=np.int64)
    )
    return replace(versions, published=published)


def _contradict(
    register: Register, versions: Versions, calendar: Calendar, rng: np.random.Generator, wanted: int
) -> Versions:
    """Send the last revision of a few departures again under the same number, with another reason."""
    identity = register.identity()[versions.row]
    last = np.append(identity[:-1] != identity[1:], True)
    ordinary = (register.origin[versions.row] == ORDINARY) & ~register.arrival[versions.row]
    rows = np.flatnonzero(last & ordinary & (versions.status == EFFECTIVE))
    rows = rows[np.sort(rng.permutation(rows.size)[:wanted])]
    copy = _again(versions, rows, calendar, rng, OTHER_CONTENT)
    unsaid, other = (reason_index(code, arrival=False) for code in ("autre", "emploi"))
    return replace(copy, reason=np.where(copy.reason == unsaid, other, unsaid))
