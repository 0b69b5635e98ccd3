"""Successive states of the dwellings: twice the same sends nothing, and no crash loses or doubles a move."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers import keys
from producers.errors import LandlordError
from producers.extract.records import DwellingRecord
from producers.journal import Journal
from producers.preparation import Sender
from producers.publishing import Publication, Source, States
from schemas.events.models import DECLARATION, MOVE_IN, MOVE_OUT, STOCK
from tests.producers.sending.stage import (
    RING,
    RULES,
    SIREN,
    TODAY,
    CrashError,
    FakeLocator,
    Landlord,
    dwelling,
    instant,
)

JANUARY = States(since=date(2026, 1, 1))
LET = date(2020, 5, 4)


def day(number: int) -> date:
    return date(2026, 1, 1) + timedelta(number)


def at(number: int) -> str:
    return f"{day(number)}T08:00:00"


def test_a_first_state_sends_the_moves_since_the_day_that_was_asked(tmp_path):
    one = Landlord(tmp_path)
    one.publish(
        [dwelling(1, started=LET), dwelling(2, started=day(3), left=day(-10)), dwelling(3, "vacant", left=day(4))],
        at(10),
        states=JANUARY,
    )
    assert one.observatory.effective() == Counter(
        [(RING.dwelling("RUE DES LILAS 2"), "2026-01-04"), (RING.dwelling("RUE DES LILAS 3"), "2026-01-05")]
    )


def test_the_same_state_twice_sends_nothing(tmp_path):
    one = Landlord(tmp_path)
    state = [dwelling(1, started=day(3)), dwelling(2, "vacant", left=day(4))]
    one.publish(state, at(10), states=JANUARY, through=day(9))
    sent = len(one.observatory.payloads)
    assert {DECLARATION, STOCK} == one.observatory.others.keys()
    again = one.publish(state, at(10), states=JANUARY, through=day(9))
    later = one.publish(state, f"{day(10)}T18:00:00", states=JANUARY, through=day(9))
    assert len(one.observatory.payloads) == sent
    assert (again.moves, later.moves, later.stock, later.declaration) == (0, 0, False, None)


def test_departures_arrivals_corrections_and_cancellations_follow(tmp_path):
    one = Landlord(tmp_path)
    kept = [dwelling(number, started=LET) for number in range(5, 20)]
    one.publish([dwelling(1, started=LET), dwelling(2, started=LET), *kept], at(10), states=JANUARY)
    assert one.observatory.moves == {}
    one.publish(
        [dwelling(1, "vacant", left=day(15)), dwelling(2, "vacant", left=day(20)), *kept], at(30), states=JANUARY
    )
    one.publish([dwelling(1, started=day(40), left=day(16)), dwelling(2, started=LET), *kept], at(60), states=JANUARY)
    lilas_1 = RING.dwelling("RUE DES LILAS 1")
    assert one.observatory.effective() == Counter([(lilas_1, str(day(16))), (lilas_1, str(day(40)))])
    cancelled = [held for held in one.observatory.moves.values() if held["status"] == "cancelled"]
    assert [(held["dwelling"], held["cancel_reason"]) for held in cancelled] == [
        (RING.dwelling("RUE DES LILAS 2"), "mistake")
    ]


def test_a_better_location_is_a_revision_of_past_moves(tmp_path):
    one = Landlord(tmp_path)
    record = dwelling(1, "vacant", left=day(4))
    one.publish([record], at(10), states=JANUARY)
    one.publish([replace(record, where=replace(record.where, qpv_flag=False))], at(20), states=JANUARY)
    (held,) = one.observatory.moves.values()
    assert held["qpv_status"] == "outside"
    assert one.observatory.outcomes == {"applied": 2}


def test_a_truncated_extract_is_refused_unless_it_is_confirmed(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(number, started=LET) for number in range(20)], at(10), states=JANUARY)
    sent = len(one.observatory.payloads)
    short = [dwelling(0, "vacant", left=day(12)), *(dwelling(number, started=LET) for number in range(1, 10))]
    with pytest.raises(LandlordError, match=r"10 des 20 logements.*--confirm-shrink"):
        one.publish(short, at(20), states=JANUARY)
    assert len(one.observatory.payloads) == sent
    one.publish(short, at(20), states=replace(JANUARY, confirm_shrink=True))
    assert len(one.observatory.moves) == 1


def test_a_new_dwelling_with_a_past_may_be_a_known_one_renamed_and_is_told(tmp_path):
    one = Landlord(tmp_path)
    kept = [dwelling(number, started=LET) for number in range(20)]
    one.publish([dwelling(50, started=day(3)), *kept], at(10), states=JANUARY)
    found = [dwelling(51, started=day(3)), dwelling(52, started=day(15)), dwelling(53, started=LET), *kept]
    seconds = instant(at(20))
    sender = Sender(SIREN, RING, FakeLocator(), seconds, day(20))
    with Journal(one.state) as journal, Publication(sender, journal, RULES, TODAY, States()) as publication:
        publication.read(Source("dwellings", found))
        assert [(told.line, told.code) for told in publication.problems.kept["warning"]] == [(53, "new_with_past")]
        assert publication.prepare().moves == 2


def test_two_dwellings_of_twenty_may_go_without_a_word(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(number, started=LET) for number in range(20)], at(10), states=JANUARY)
    one.publish([dwelling(number, started=LET) for number in range(18)], at(20), states=JANUARY)
    assert one.observatory.moves == {}


def test_an_older_state_is_refused(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(1, started=LET)], at(10), states=JANUARY)
    with pytest.raises(LandlordError, match=r"plus ancien que le dernier envoyé, du 11/01/2026"):
        one.publish([dwelling(1, started=LET)], at(9), states=JANUARY)


def test_a_trial_or_an_examination_changes_nothing(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(1, started=day(2))], at(10), states=JANUARY, send=False)
    one.publish([dwelling(1, started=day(2))], at(10), states=JANUARY, lasting=False)
    assert one.publish([dwelling(1, started=day(2))], at(10), states=JANUARY).moves == 1


def test_a_rotation_carries_states_over_and_names_former_moves(tmp_path):
    old = Landlord(tmp_path)
    old.publish([dwelling(1, "vacant", left=day(4))], at(10), states=JANUARY)
    ring = keys.rotated(RING, day(20), date(2028, 1, 1))
    new = Landlord(tmp_path, old.observatory, ring)
    new.publish([dwelling(1, started=day(30), left=day(4))], at(40), states=JANUARY)
    moved = new.observatory.effective()
    lilas_1 = ring.dwelling("RUE DES LILAS 1")
    assert moved == Counter([(lilas_1, str(day(4))), (lilas_1, str(day(30)))]), "the old departure is not doubled"


def test_a_state_that_was_lost_corrects_no_move_of_before(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(1, started=LET)], at(10), states=JANUARY)
    one.publish([dwelling(1, "vacant", left=day(20))], at(30), states=JANUARY)
    one.publish([dwelling(1, started=day(40), left=day(20))], at(50), states=JANUARY)
    before = one.observatory.effective()
    one.state.unlink()
    one.publish([dwelling(1, started=day(40), left=day(20))], at(60), states=States())
    one.publish([dwelling(1, "vacant", left=day(70))], at(80), states=States())
    assert one.observatory.effective() == before + Counter([(RING.dwelling("RUE DES LILAS 1"), str(day(70)))])


def test_a_predecessor_named_no_lease_of_a_state(tmp_path):
    ring = keys.with_predecessor(RING, "222222222", keys.new_key(day(0)), date(2028, 1, 1))
    one = Landlord(tmp_path, ring=ring)
    one.publish([dwelling(1, "vacant", left=day(4))], at(10), states=JANUARY)
    (held,) = one.observatory.moves.values()
    assert "former_move_id" not in held


def test_the_stock_counts_each_dwelling_once(tmp_path):
    one = Landlord(tmp_path)
    rows = [
        dwelling(1, started=LET, first_let_on=LET),
        dwelling(2, started=date(2026, 3, 3), first_let_on=date(2026, 3, 3), rooms="T2"),
        dwelling(3, "vacant", left=date(2025, 10, 1)),
        dwelling(4, "vacant", vacant_since=date(2026, 3, 1)),
        dwelling(5, "works"),
        dwelling(6, "demolition"),
        dwelling(7, "sale"),
        dwelling(8, started=None),
    ]
    one.publish(rows)
    data = one.observatory.others[STOCK]
    t2, t3 = data["cells"]
    assert (t2["rooms"], t2["let"], t2["first_let_within_12_months"]) == ("T2", 1, 1)
    assert {name: value for name, value in t3.items() if name not in ("commune", "qpv_2024", "qpv_2015")} == {
        "qpv_status": "inside",
        "rooms": "T3",
        "let": 2,
        "on_offer_vacant_over_3_months": 1,
        "on_offer_vacant_up_to_3_months": 1,
        "out_of_market_demolition": 1,
        "out_of_market_sale": 1,
        "out_of_market_works": 1,
        "tenancies_by_start_year": {"2020": 1, "unknown": 1},
    }
    assert one.observatory.moves == {}, "without states no move is derived"


def test_control_totals_of_states_count_all_that_was_sent(tmp_path):
    one = Landlord(tmp_path)
    one.publish([dwelling(1, "vacant", left=day(4))], at(10), states=JANUARY)
    one.publish([dwelling(1, started=day(12), left=day(4))], at(31), states=JANUARY, through=day(30), first=day(0))
    assert one.observatory.others[DECLARATION]["control_totals"] == [
        {"month": "2026-01", "direction": "out", "count": 1},
        {"month": "2026-01", "direction": "in", "count": 1},
    ]


@st.composite
def states(draw: st.DrawFn) -> list[list[DwellingRecord]]:
    """Draw lives of three dwellings as right states show them, and a state of some days."""
    lives = []
    for _ in range(3):
        stays, now = [], draw(st.integers(-30, 0))
        for _ in range(draw(st.integers(0, 4))):
            came = now + draw(st.integers(1, 20))
            now = came + draw(st.integers(1, 30))
            stays.append((came, now))
        lives.append(stays)
    shown = []
    for number in range(1, 6):
        on = number * 15
        rows = []
        for which, stays in enumerate(lives):
            begun = [stay for stay in stays if stay[0] <= on]
            left = [end for _, end in begun if end <= on]
            let = bool(begun) and begun[-1][1] > on
            last = day(max(left)) if left else None
            rows.append(dwelling(which, "let" if let else "vacant", day(begun[-1][0]) if let else None, last))
        shown.append(rows)
    return shown


@settings(max_examples=30, deadline=None)
@given(states(), st.lists(st.sampled_from([None, None, 0, 1, 2]), min_size=5, max_size=5), st.data())
def test_whatever_crashes_the_ledger_is_what_the_states_showed(tmp_path_factory, shown, crashes, data):
    one = Landlord(tmp_path_factory.mktemp("landlord"))
    expected: set[tuple[str, str, str]] = set()
    for number, (rows, crash) in enumerate(zip(shown, crashes, strict=True), 1):
        one.observatory.crash_after = crash
        last = number == len(shown)
        try:
            one.publish(rows, at(number * 15), states=JANUARY)
        except CrashError:
            one.observatory.crash_after = None
            if last or data.draw(st.booleans()):
                one.publish(rows, at(number * 15), states=JANUARY)
        expected |= {
            (kind, RING.dwelling(row.dwelling), str(found))
            for row in rows
            for kind, found in ((MOVE_IN, row.tenancy_started_on), (MOVE_OUT, row.last_departure_on))
            if found and found >= day(0)
        }
    assert one.observatory.by_type() == Counter(expected)
