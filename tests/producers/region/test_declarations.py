"""What landlords declare is true: by the time of a declaration almost all of its departures are sent."""

from datetime import date

import numpy as np
import pytest

from producers.region.delays import days_for_share, draw_delays
from producers.region.draws import DAY, day_number, day_of, first_day, months_of, stream
from producers.region.lifecycle import EFFECTIVE, MALFORMED
from producers.region.register import FIRST_KEY
from producers.region.simulate import simulate
from producers.region.tenancies import DEMOLITION, ORDINARY
from schemas.events.models import DeclarationEvent

END = date(2026, 1, 1)


def declared_departures(outbox, register) -> tuple[int, int]:
    """Count the departures of a landlord's declared months, and those sent after they were first declared."""
    versions, due = outbox.versions, outbox.declarations
    rows = versions.row
    real = ~register.arrival[rows] & np.isin(register.origin[rows], [ORDINARY, DEMOLITION])
    sent = real & (register.key[rows] == FIRST_KEY) & (versions.status == EFFECTIVE) & (versions.flavour < MALFORMED)
    order = np.lexsort((versions.published[sent], rows[sent]))
    move, first = np.unique(rows[sent][order], return_index=True)
    published = versions.published[sent][order][first]
    month = months_of(register.effective[move])
    through = np.maximum.accumulate([one.through for one in due])
    month_end = np.array([first_day(int(one) + 1) - 1 for one in month])
    covering = np.searchsorted(through, month_end)
    known = (covering < len(due)) & (register.effective[move] >= due[0].first)
    instants = np.array([one.instant for one in due])
    return int(known.sum()), int((published[known] > instants[covering[known]]).sum())


def honest(region):
    """The senders without a labelled reason for sending late."""
    late = {one.landlord for one in region.incidents if one.kind in ("optimistic_declarations", "silence")}
    return [(outbox, writer) for outbox, writer in region.senders if outbox.landlord.siren not in late]


def test_of_declared_months_less_than_one_departure_in_twenty_arrives_later(large):
    checked = all_departures = all_late = 0
    for outbox, _ in honest(large):
        departures, late = declared_departures(outbox, large.register)
        all_departures, all_late = all_departures + departures, all_late + late
        if departures > 100:
            checked += 1
            assert late < 0.05 * departures, outbox.landlord
    assert checked >= 20
    assert 0.005 * all_departures < all_late < 0.03 * all_departures


def test_one_landlord_is_labelled_as_too_optimistic_and_is(large):
    label = next(one for one in large.incidents if one.kind == "optimistic_declarations")
    outbox = next(outbox for outbox, _ in large.senders if outbox.landlord.siren == label.landlord)
    departures, late = declared_departures(outbox, large.register)
    assert late > 0.08 * departures
    assert all(one.through == one.instant // DAY - 1 for one in outbox.declarations)


def test_declarations_reach_a_recent_month(large):
    merger = next(one for one in large.incidents if one.kind == "merger")
    for outbox, _ in large.senders:
        last = outbox.declarations[-1]
        if outbox.landlord.siren == merger.landlord:
            assert day_of(last.through + 1) == merger.start
        else:
            oldest = date(2025, 9, 30) if outbox.landlord.cadence == "monthly" else date(2025, 11, 30)
            assert oldest <= day_of(last.through) < END, outbox.landlord


def test_a_landlord_that_is_slower_declares_less_far(large):
    reach = {}
    for outbox, _ in honest(large):
        if outbox.landlord.cadence == "live":
            last = outbox.declarations[-1]
            reach.setdefault(last.instant // DAY - last.through, set()).add(outbox.landlord.lag_days)
    assert len(reach) >= 4
    ordered = [sorted(reach[days]) for days in sorted(reach)]
    assert ordered == sorted(ordered)


def test_the_97th_percentile_is_that_of_the_curve():
    for median in (1.0, 4.0, 9.0):
        delays = draw_delays(stream(1, "test"), median, 100_000)
        assert np.mean(delays <= days_for_share(median, 0.97)) == pytest.approx(0.97, abs=0.012)


def test_a_declaration_says_from_when_and_how_far(small, replay, span):
    declared = [event.data for _, event, _ in replay.others if isinstance(event, DeclarationEvent)]
    assert {one.complete_from for one in declared} == {span[0]}
    assert all(one.complete_from <= one.complete_through for one in declared)
    assert len(declared) == sum(len(outbox.declarations) for outbox, _ in small.senders)


def test_what_happens_on_the_first_days_is_sent():
    region = simulate(date(2025, 1, 1), date(2025, 8, 1), seed=5, scale=0.1)
    first, register = day_number(date(2025, 1, 1)), region.register
    expected = sent = 0
    for outbox, _ in honest(region):
        number = region.landlords.index(outbox.landlord)
        whole = (register.landlord == number) & (register.origin == ORDINARY) & (register.key == FIRST_KEY)
        rows = np.flatnonzero(whole & (register.effective >= first) & (register.effective < first + 15))
        versions = outbox.versions
        expected += rows.size
        sent += np.isin(rows, versions.row[versions.status == EFFECTIVE]).sum()
    assert expected > 50
    assert sent == expected
