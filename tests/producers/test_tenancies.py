"""Moves derived from states are the moves that the states show: none is doubled, none is missed, none is invented."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.tenancies import History, Reading, Seen, from_text, to_text, was_shown_by

START = date(2026, 1, 1)
Moves = dict[tuple[int, str], tuple[str, date | None]]


def day(number: int) -> date:
    return START + timedelta(number)


@dataclass(frozen=True)
class Stay:
    came: int
    left: int | None


def shown(stays: list[Stay], on: int, shows_last: bool) -> Seen:
    """Return what a right state of the day `on` shows."""
    begun = [stay for stay in stays if stay.came <= on]
    ended = [stay.left for stay in begun if stay.left is not None and stay.left <= on]
    let = bool(begun) and (begun[-1].left is None or begun[-1].left > on)
    started = begun[-1].came if begun and (let or shows_last) else None
    return Seen(let, None if started is None else day(started), day(max(ended)) if ended else None)


def follow(states: list[tuple[int, Seen]], since: date, by_month: bool = False) -> tuple[Moves, list[str]]:
    """Return every move that was ever sent, in its last form, and what is to be confirmed."""
    sent: Moves = {}
    doubts: list[str] = []
    history: History | None = None
    last: int | None = None
    for on, seen in states:
        reading = Reading(since, was_shown_by(None if last is None else day(last), by_month=by_month))
        if history is None:
            history = reading.first(seen)
        else:
            history, found = reading.next(from_text(to_text(history)), seen)
            doubts += found
        last = on
        for one in history:
            for direction, end in (("in", one.arrival), ("out", one.departure)):
                if end.state in ("said", "cancelled"):
                    sent[one.ordinal, direction] = (end.state, end.day)
    return sent, doubts


def effective(sent: Moves) -> Counter[tuple[str, date | None]]:
    return Counter((direction, on) for (_, direction), (state, on) in sent.items() if state == "said")


@st.composite
def lives(draw: st.DrawFn) -> list[Stay]:
    """Draw tenancies that follow each other, over some two years."""
    stays, now = [], draw(st.integers(-200, 100))
    for _ in range(draw(st.integers(0, 6))):
        came = now + draw(st.integers(1, 90))
        left = came + draw(st.integers(1, 200))
        stays.append(Stay(came, left))
        now = left
    if stays and draw(st.booleans()):
        stays[-1] = Stay(stays[-1].came, None)
    return stays


snapshots = st.lists(st.integers(0, 700), min_size=1, max_size=12, unique=True).map(sorted)


@settings(max_examples=400)
@given(lives(), snapshots, st.booleans(), st.integers(-100, 300))
def test_every_arrival_and_departure_that_a_state_showed_is_one_move(stays, days, shows_last, since):
    states = [(on, shown(stays, on, shows_last)) for on in days]
    sent, doubts = follow(states, day(since))
    expected = {("in", seen.started) for _, seen in states} | {("out", seen.left) for _, seen in states}
    assert effective(sent) == Counter(one for one in expected if one[1] and one[1] >= day(since))
    assert doubts == []


@settings(max_examples=400)
@given(lives(), snapshots, st.booleans())
def test_the_same_state_again_says_nothing(stays, days, shows_last):
    states = [(on, shown(stays, on, shows_last)) for on in days]
    twice = [(on + again, seen) for on, seen in states for again in (0, 0)]
    assert follow(twice, START) == follow(states, START)


@settings(max_examples=400)
@given(lives(), snapshots, st.lists(st.integers(-6, 6), min_size=24, max_size=24))
def test_a_date_corrected_before_the_last_state_corrects_one_move(stays, days, shifts):
    """The lease and the departure that a state shows are sometimes dated anew in the next one."""
    states: list[tuple[int, Seen]] = []
    truth: dict[tuple[int, str], date] = {}
    stays = list(stays)
    previous = None
    for on, shift in zip(days, shifts, strict=False):
        if previous is not None:
            stays = _corrected(stays, previous, shift, truth)
        states.append((on, shown(stays, on, False)))
        previous = on
        for number, stay in enumerate(stays):
            if stay.came <= on and day(stay.came) == states[-1][1].started:
                truth[number, "in"] = day(stay.came)
            if stay.left is not None and stay.left <= on and day(stay.left) == states[-1][1].left:
                truth[number, "out"] = day(stay.left)
    sent, doubts = follow(states, day(-1000))
    assert effective(sent) == Counter((direction, on) for (_, direction), on in truth.items())
    assert doubts == []


def _corrected(stays: list[Stay], seen_on: int, shift: int, told: dict[tuple[int, str], date]) -> list[Stay]:
    """Shift the departure that the state of `seen_on` showed, or else its lease, within what stays in order."""
    begun = [number for number, stay in enumerate(stays) if stay.came <= seen_on]
    if not begun or not shift:
        return stays
    last = begun[-1]
    stay = stays[last]
    changed = list(stays)
    if stay.left is not None and stay.left <= seen_on:
        left = stay.left + shift
        after = told.get((last, "in"), day(stay.came))
        if max(stay.came, (after - START).days) < left <= seen_on and (
            last + 1 == len(stays) or left < stays[last + 1].came
        ):
            changed[last] = Stay(stay.came, left)
    else:
        came = stay.came + shift
        if came <= seen_on and (stay.left is None or came < stay.left) and (not last or came > stays[last - 1].left):
            changed[last] = Stay(came, stay.left)
    return changed


LET = Seen(True, day(0), day(-30))
VACANT = Seen(False, None, day(50))


def test_a_departure_that_vanishes_is_cancelled_and_may_come_again():
    sent, _ = follow([(10, LET), (60, VACANT), (70, LET)], START)
    assert sent == {(1, "in"): ("said", day(0)), (1, "out"): ("cancelled", day(50))}
    sent, _ = follow([(10, LET), (60, VACANT), (70, LET), (90, Seen(False, None, day(80)))], START)
    assert sent == {(1, "in"): ("said", day(0)), (1, "out"): ("said", day(80))}


def test_an_arrival_that_vanishes_is_cancelled_and_its_identity_serves_again():
    arrived = Seen(True, day(65), day(50))
    sent, _ = follow([(10, LET), (60, VACANT), (70, arrived), (80, VACANT)], START)
    assert sent[2, "in"] == ("cancelled", day(65))
    assert sent[1, "out"] == ("said", day(50))
    again = Seen(True, day(85), day(50))
    sent, _ = follow([(10, LET), (60, VACANT), (70, arrived), (80, VACANT), (90, again)], START)
    assert effective(sent) == Counter([("in", day(0)), ("out", day(50)), ("in", day(85))])


def test_arrival_and_departure_that_vanish_together_are_both_cancelled():
    sent, _ = follow([(10, LET), (60, Seen(True, day(55), day(50))), (70, LET)], START)
    assert sent == {
        (1, "in"): ("said", day(0)),
        (1, "out"): ("cancelled", day(50)),
        (2, "in"): ("cancelled", day(55)),
    }


def test_a_lease_carried_on_is_to_be_confirmed_and_is_no_move():
    carried = Seen(True, day(40), day(-30))
    sent, doubts = follow([(10, LET), (60, carried)], START)
    assert sent == {(1, "in"): ("said", day(0))}
    assert doubts == ["lease_carried_on"]
    sent, _ = follow([(10, LET), (60, carried), (120, Seen(False, None, day(100)))], START)
    assert sent[1, "out"] == ("said", day(100)), "it is the same tenancy that ends"


def test_a_departure_entered_late_explains_the_new_lease():
    sent, _ = follow([(10, LET), (60, Seen(True, day(40), day(-30))), (70, Seen(True, day(40), day(35)))], START)
    assert effective(sent) == Counter([("in", day(0)), ("out", day(35)), ("in", day(40))])


def test_the_same_lease_dated_after_the_last_state_is_a_correction():
    first = replace(LET, lease="L")
    sent, doubts = follow([(10, first), (60, replace(first, started=day(12)))], START)
    assert (sent, doubts) == ({(1, "in"): ("said", day(12))}, [])


def test_a_month_is_not_taken_for_its_first_day():
    """A lease of the month of the last state, dated the first of it, may be new: it is to be confirmed."""
    states = [(40, LET), (75, Seen(True, date(2026, 2, 1), day(-30)))]
    assert follow(states, START, by_month=True)[1] == ["lease_carried_on"]
    assert follow(states, START, by_month=False)[1] == []


def test_tenants_who_leave_and_come_in_one_month_are_two_moves():
    march = date(2026, 3, 1)
    states = [(40, Seen(True, day(-200))), (75, Seen(False, None, march)), (100, Seen(True, march, march))]
    sent, doubts = follow(states, START, by_month=True)
    assert (effective(sent), doubts) == (Counter([("out", march), ("in", march)]), [])


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (Seen(False), "departure_without_date"),
        (Seen(False, None, day(-60)), "departure_before_lease"),
        (Seen(True, day(0), day(30)), "departure_after_lease"),
    ],
)
def test_what_cannot_be_dated_is_to_be_confirmed_and_changes_nothing(seen, code):
    sent, doubts = follow([(10, LET), (60, seen)], START)
    assert (sent, doubts) == ({(1, "in"): ("said", day(0))}, [code])
