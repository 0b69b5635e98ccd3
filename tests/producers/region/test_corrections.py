"""A landlord enters its departures with its own delay, some wrongly at first, and corrects them."""

from collections import Counter
from itertools import pairwise
from statistics import median_grouped

import numpy as np

from producers.region.draws import DAY
from producers.region.lifecycle import EFFECTIVE, MALFORMED
from producers.region.register import FIRST_KEY
from producers.region.tenancies import ORDINARY


def revisions(replay):
    """Yield each move's effective states, one for each revision, in order of revision."""
    for history in replay.history.values():
        by_revision = {data.revision: data for _, data in reversed(history) if data.status == "effective"}
        yield [by_revision[revision] for revision in sorted(by_revision)]


def test_corrections_move_departures_to_an_earlier_and_to_a_later_month(replay):
    moved: Counter[str] = Counter()
    for states in revisions(replay):
        for wrong, right in pairwise(states):
            months = [(one.effective_on.year, one.effective_on.month) for one in (wrong, right)]
            moved["earlier" if months[1] < months[0] else "later" if months[1] > months[0] else "same"] += 1
            moved["march to february"] += [one[1] for one in months] == [3, 2]
    assert moved["earlier"] > 20
    assert moved["later"] > 10
    assert moved["march to february"] >= 2


def test_a_correction_changes_something(replay):
    corrections = 0
    for states in revisions(replay):
        for wrong, right in pairwise(states):
            corrections += 1
            assert wrong.model_copy(update={"revision": right.revision}) != right
    assert corrections > 80


def entries(outbox, register):
    """Return (exit day, day of first publication) of the ordinary departures that a landlord sends."""
    versions = outbox.versions
    rows = versions.row
    mine = ~register.arrival[rows] & (register.origin[rows] == ORDINARY) & (register.key[rows] == FIRST_KEY)
    mine &= (versions.status == EFFECTIVE) & (versions.flavour < MALFORMED) & ~register.taken_over[rows]
    order = np.lexsort((versions.published[mine], rows[mine]))
    move, first = np.unique(rows[mine][order], return_index=True)
    return register.effective[move], versions.published[mine][order][first] // DAY


def test_a_live_landlord_is_as_late_as_it_says(large):
    medians = {}
    for outbox, _ in large.senders:
        if outbox.calendar.live:
            out, published = entries(outbox, large.register)
            medians[outbox.landlord.lag_days] = median = median_grouped((published - out).tolist())
            assert out.size > 150
            assert abs(median - outbox.landlord.lag_days) < 0.1 * outbox.landlord.lag_days + 2 / out.size**0.5, (
                outbox.landlord
            )
    assert len(medians) >= 4
    assert [medians[one] for one in sorted(medians)] == sorted(medians.values())


def test_half_of_the_departures_are_sent_by_a_run_that_comes_a_median_delay_after(large):
    """Runs hide when a departure was entered; those that come `lag_days` after an exit tell how many were by then."""
    checked = 0
    for outbox, _ in large.senders:
        if outbox.calendar.live:
            continue
        out, published = entries(outbox, large.register)
        runs = outbox.calendar.runs // DAY
        asked = out + round(outbox.landlord.lag_days) + 1  # a run sends what was entered up to the day before
        run = runs[np.minimum(np.searchsorted(runs, asked), runs.size - 1)]
        met = run == asked
        if met.sum() >= 60:
            checked += 1
            # days are rounded: the share is that of half a day more
            share = (published[met] <= run[met]).mean()
            assert abs(share - 0.5) < 4.5 * 0.5 / np.sqrt(met.sum()) + 0.12 / outbox.landlord.lag_days**0.5, (
                outbox.landlord
            )
    assert checked >= 10
