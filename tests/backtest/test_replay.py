"""Alerts in arrival order, on arrivals made by hand: what a day could know, and what became of an alert later."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from streams.alerts.declaring import Remark
from streams.backtest.arrivals import Arrivals, Declaration, Standing, Stock
from streams.backtest.labels import EXPECTED, Incident, judge, unexplained
from streams.backtest.replay import Replayed, Rules, replay
from streams.detection.families import Level
from streams.publication.base import first_day, number
from tests.backtest.made import DWELLINGS, FIRST, OTHER, QUARTIERS, received, told_on

RULES = Rules(0.8, 2)
UNTIL = date(2025, 12, 20)
STRUCK, QUARTIER = date(2025, 9, 1), 4
EXCESS = ((told_on(STRUCK), STRUCK, QUARTIER, 20),)
CORRECTED = date(2025, 10, 20)


def replayed(arrivals: Arrivals, said: dict[date, list[Remark]] | None = None, until: date = UNTIL) -> Replayed:
    """Replay from July 2025 on; `said` of declarations, on Mondays."""
    found = Replayed()
    for _, found in replay(arrivals, RULES, date(2025, 7, 1), until, lambda day: (said or {}).get(day, [])):  # noqa: B007
        pass
    return found


def alerts(found: Replayed) -> list[tuple[str, str | None, date, date, str]]:
    return [
        (one.kind, one.code, one.month, one.raised_on, one.state) for one in found.alerts if one.level == Level.ALERT
    ]


def test_a_past_day_knows_what_was_received_by_its_end() -> None:
    arrivals = received(UNTIL, EXCESS)
    day = date.fromordinal(told_on(STRUCK))
    before, after = (arrivals.as_of(one, STRUCK) for one in (day - timedelta(days=1), day))
    assert np.isfinite(before.counts["departures"][QUARTIER, -2])
    assert (before.counts["departures"][QUARTIER, -1], before.declared[QUARTIER, -1]) == (0, 0)
    assert after.counts["departures"][QUARTIER, -1] >= 20
    assert (after.declared[QUARTIER, -1], after.dwellings[QUARTIER, -1]) == (DWELLINGS, DWELLINGS)
    assert np.isnan(after.counts["notices"]).all(), "the ledger keeps no past of them"


def test_a_correction_is_known_from_its_own_day_on() -> None:
    arrivals = received(UNTIL, (*EXCESS, (CORRECTED.toordinal(), STRUCK, QUARTIER, -20)))
    before, after = (
        arrivals.as_of(day, STRUCK).counts["departures"][QUARTIER, -1]
        for day in (CORRECTED - timedelta(days=1), CORRECTED)
    )
    assert before - after == 20


def test_of_a_landlords_declarations_the_greatest_revision_received_holds() -> None:
    arrivals = received(UNTIL)
    withdrawn = Declaration(OTHER, "whole_stock", 10**9, 0, FIRST.toordinal(), CORRECTED.toordinal())
    arrivals = replace(arrivals, declarations=(*arrivals.declarations, withdrawn))
    month = number(date(2025, 6, 1))
    assert arrivals.declared_share(CORRECTED - timedelta(days=1), month) == 1.0
    assert arrivals.declared_share(CORRECTED, month) == 0.5


def test_after_a_merger_the_successor_declares_and_its_own_stock_takes_over() -> None:
    arrivals = received(UNTIL, silent=date(2025, 5, 1))
    merged = date(2025, 5, 1)
    standing = (
        replace(arrivals.standing[0]),
        Standing(OTHER, OTHER, 0, number(merged), arrivals.standing[1].taken_over),
        Standing(OTHER, 0, number(merged), arrivals.standing[1].until, merged.toordinal()),
    )
    day, month = date(2025, 9, 15), number(date(2025, 8, 1))
    assert arrivals.declared_share(day, month) == 0.5
    taken_over = replace(arrivals, standing=standing)
    assert taken_over.declared_share(day, month) == 1.0
    own = Stock(0, date(2025, 7, 1).toordinal(), date(2025, 7, 3).toordinal(), np.full(QUARTIERS, DWELLINGS))
    seen = replace(taken_over, stocks=(*arrivals.stocks, own)).observed(day, month, month)
    assert seen.dwellings[:, 0].tolist() == [DWELLINGS] * QUARTIERS, "none counted twice"
    assert set(seen.cells.landlord) == {"111111111"}


def test_dwellings_first_let_are_in_the_stock_from_the_month_after() -> None:
    arrivals = received(UNTIL, ((date(2025, 5, 12).toordinal(), date(2025, 5, 1), QUARTIER, 0),))
    entering = np.zeros(len(arrivals.moves.month), dtype=np.int64)
    entering[-1] = 12
    arrivals = replace(arrivals, moves=replace(arrivals.moves, entering=entering))
    months = number(date(2025, 4, 1)), number(date(2025, 7, 1))
    known = arrivals.observed(date(2025, 9, 1), *months).dwellings[QUARTIER]
    assert (known - DWELLINGS).tolist() == [0, 0, 12, 12]
    assert (arrivals.observed(date(2025, 5, 11), *months).dwellings[QUARTIER] == DWELLINGS).all()


def test_a_month_is_tested_once_on_the_day_on_which_enough_of_it_is_declared() -> None:
    found = replayed(received(UNTIL))
    assert [(one.month.month, one.on.toordinal()) for one in found.families] == [
        (month, told_on(date(2025, month, 1))) for month in range(7, 12)
    ]
    assert {(one.tests, one.share) for one in found.families} == {(4 * QUARTIERS, 1.0)}
    assert all(len(one.seen) == QUARTIERS and not one.untested for one in found.families)


def test_a_month_of_which_too_little_is_declared_waits_until_nothing_more_is_awaited() -> None:
    found = replayed(received(UNTIL, silent=date(2025, 9, 1)))
    family = next(one for one in found.families if one.month == STRUCK)
    assert (family.on, family.share) == (date(2025, 11, 1), 0.5)
    assert family.untested == {"no_verdict:coverage_below_half": QUARTIERS // 2}
    assert len(family.seen) == QUARTIERS // 2


def test_what_had_no_verdict_is_tested_when_the_month_is_settled_and_nothing_twice() -> None:
    arrivals = received(UNTIL, ((told_on(STRUCK), STRUCK, 5, 20),))
    end, late = first_day(number(STRUCK) + 1).toordinal() - 1, date(2025, 10, 25).toordinal()
    declarations = tuple(
        replace(one, receipt=late) if (one.landlord, one.through) == (OTHER, end) else one
        for one in arrivals.declarations
        if one.landlord != OTHER or one.through <= end
    )
    found = Replayed()
    arrivals = replace(arrivals, declarations=declarations)
    for _, found in replay(arrivals, Rules(0.5, 2), STRUCK, date(2025, 11, 1), lambda _: []):  # noqa: B007
        pass
    (first, *_), (second,) = found.families, found.late
    assert (first.month, second.month, second.on) == (STRUCK, STRUCK, date(2025, 11, 1))
    assert (first.tests, second.tests) == (4 * QUARTIERS / 2, 4 * QUARTIERS / 2)
    assert len(first.seen) == len(second.seen) == QUARTIERS / 2
    assert not first.seen & second.seen
    assert ("departures_up", "QN00005M", STRUCK, date(2025, 11, 1), "confirmed") in alerts(found)


def test_an_excess_is_raised_on_the_day_of_its_family_and_confirmed_once_settled() -> None:
    day = date.fromordinal(told_on(STRUCK))
    code = f"QN{QUARTIER:05d}M"
    found = replayed(received(UNTIL, EXCESS))
    assert ("departures_up", code, STRUCK, day, "confirmed") in alerts(found)
    (alert,) = [one for one in found.alerts if (one.kind, one.code, one.month) == ("departures_up", code, STRUCK)]
    assert alert.changed_on == date(2025, 11, 1)
    early = replayed(received(UNTIL, EXCESS), until=day - timedelta(days=1))
    assert not [one for one in early.alerts if one.code == code and one.month == STRUCK]


def test_a_correction_lifts_an_alert_on_the_next_monday_and_what_comes_later_raises_none() -> None:
    code = f"QN{QUARTIER:05d}M"
    corrected = replayed(received(UNTIL, (*EXCESS, (CORRECTED.toordinal() - 1, STRUCK, QUARTIER, -20))))
    (alert,) = [one for one in corrected.alerts if (one.kind, one.code, one.month) == ("departures_up", code, STRUCK)]
    assert (alert.state, alert.changed_on) == ("lifted", CORRECTED), "a Monday"
    late = replayed(received(UNTIL, ((told_on(STRUCK) + 1, STRUCK, QUARTIER, 20),)))
    assert not [one for one in late.alerts if one.month == STRUCK and one.level == Level.ALERT]


def test_a_silence_is_one_alert_until_it_ends_and_a_burst_one_a_month() -> None:
    mondays = [date(2025, 9, 1) + timedelta(days=7 * n) for n in range(6)]
    silent, burst = Remark("silence", "222222222", {}), Remark("burst", "111111111", {})
    said = {day: [silent] for day in mondays[:3]} | {day: [burst] for day in mondays[4:]}
    found = [one for one in replayed(received(UNTIL), said).alerts if one.code is None]
    assert [(one.kind, one.landlord, one.raised_on, one.state) for one in found] == [
        ("silence", "222222222", mondays[0], "lifted"),
        ("burst", "111111111", mondays[4], "provisional"),
        ("burst", "111111111", mondays[5], "provisional"),
    ]
    assert found[0].changed_on == mondays[3]
    assert mondays[4].month != mondays[5].month


def incident(kind: str, qpv: str | None, landlord: str | None) -> Incident:
    return Incident(kind, "", qpv, landlord, STRUCK, date(2025, 10, 1))


def test_an_incident_is_as_expected_if_its_alert_was_raised() -> None:
    arrivals = received(UNTIL, EXCESS)
    found = replayed(arrivals)
    struck, calm = f"QN{QUARTIER:05d}M", "QN00007M"
    here, there = judge(
        [incident("doubled_departures", struck, None), incident("doubled_departures", calm, None)], found, arrivals
    )
    assert here.as_expected
    assert here.delay == told_on(STRUCK) - STRUCK.toordinal()
    assert (here.seen, here.possible) == (3, 3), "its month and two in which it is still in the sum"
    assert not there.as_expected
    assert there.delay is None
    assert here.raised[0] not in unexplained([here], found.alerts)
    assert here.raised[0] in unexplained([there], found.alerts)


def test_an_alert_on_a_quartier_of_a_landlord_that_only_sent_badly_is_wrong() -> None:
    arrivals = received(UNTIL, EXCESS)
    found = replayed(arrivals, {date(2025, 9, 15): [Remark("rekey", "111111111", {})]})
    own, others = (
        judge([incident("rekeyed_erp", None, siren)], found, arrivals)[0] for siren in ("111111111", "222222222")
    )
    assert [one.kind for one in own.raised] == ["rekey"]
    assert [one.code for one in own.wrong] == [f"QN{QUARTIER:05d}M"]
    assert not own.as_expected
    assert others.raised == () == others.wrong
    assert own.possible == len(found.families[2:]) * QUARTIERS / 2


def test_every_kind_of_incident_of_the_simulator_has_its_rule() -> None:
    from typing import get_args

    from producers.region.incidents import Kind

    assert set(get_args(Kind)) == EXPECTED.keys()
    with pytest.raises(KeyError):
        judge([incident("flood", None, None)], Replayed(), received(UNTIL))
