"""What is unusual in what landlords send, through the real ledger: silence, a burst, a past sent again."""

from datetime import date, timedelta
from typing import Any

import pytest

from streams.alerts.declaring import remarks
from streams.alerts.watch import watch
from tests.indicators.measured import territory, write_month
from tests.streams.stage import SIRENS, TODAY, Event, Stage, declaration, message, move, stock

pytestmark = pytest.mark.services
QPV = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
STATES = "SELECT kind, landlord, state FROM core.alert ORDER BY alert_id"


def said(stage: Stage, today: date = TODAY) -> list[tuple[str, str]]:
    with stage.connection.transaction(), stage.connection.cursor() as cursor:
        return [(one.kind, one.landlord) for one in remarks(cursor, today)]


def moves_of(month: str, many: int, first: int) -> list[Event]:
    return [move(number=first + n, effective_on=f"{month}-10", **QPV) for n in range(many)]


def test_a_landlord_is_silent_once_its_usual_delay_and_ten_days_are_over(stage: Stage) -> None:
    told = [stock(QPV | {"let": 40}), declaration(complete_through="2026-01-31")]
    stage.take(message(0, told, day=date(2026, 2, 5)))
    assert said(stage, date(2026, 3, 18)) == [], "31 days, 5 to be received, 10 of grace"
    assert said(stage, date(2026, 3, 19)) == [("silence", SIRENS[0])]


def test_its_usual_delay_is_that_between_its_declarations_and_until_their_receipt(stage: Stage) -> None:
    through = [date(2025, 12, 1) + timedelta(days=7 * n) for n in range(9)]
    stage.take(message(0, [stock(QPV | {"let": 40})]))
    for n, day in enumerate(through):
        one = declaration(complete_through=day.isoformat(), revision=n + 1)
        stage.take(message(n + 1, [one], day=day + timedelta(days=3)))
    assert said(stage, through[-1] + timedelta(days=20)) == []
    assert said(stage, through[-1] + timedelta(days=21)) == [("silence", SIRENS[0])]


def test_a_landlord_that_declares_on_the_same_day_of_each_month_is_not_silent_after_a_short_one(stage: Stage) -> None:
    """On 10 March, with 38 days behind it, January is not whole yet: it declares December again."""
    ends = ["2025-08-31", "2025-09-30", "2025-10-31", "2025-11-30", "2025-12-31", "2025-12-31"]
    days = [date(2025, 10, 10), date(2025, 11, 10), date(2025, 12, 10)]
    days += [date(2026, month, 10) for month in (1, 2, 3)]
    stage.take(message(0, [stock(QPV | {"let": 40})]))
    for n, (through, day) in enumerate(zip(ends, days, strict=True)):
        stage.take(message(n + 1, [declaration(complete_through=through, revision=n + 1)], day=day))
    assert said(stage, date(2026, 4, 9)) == []
    assert said(stage, date(2026, 4, 22)) == [("silence", SIRENS[0])], "nothing on 10 April: silent"
    again = declaration(complete_through="2025-12-31", revision=7)
    stage.take(message(7, [again], day=date(2026, 4, 10)))
    assert said(stage, date(2026, 4, 25)) == [("silence", SIRENS[0])], "the same days for ever are no declaration"


def test_a_past_day_knows_nothing_of_what_was_declared_later(stage: Stage) -> None:
    told = [stock(QPV | {"let": 40}), declaration(complete_through="2026-01-31")]
    stage.take(message(0, told, day=date(2026, 2, 5)))
    stage.take(message(1, [declaration(complete_through="2026-02-28", revision=2)], day=date(2026, 3, 25)))
    assert said(stage, date(2026, 3, 19)) == [("silence", SIRENS[0])]
    assert said(stage, date(2026, 3, 25)) == []


def test_a_whole_past_sent_at_once_is_no_habit(stage: Stage) -> None:
    told = [stock(QPV | {"let": 40}), declaration(complete_through="2025-06-30")]
    stage.take(message(0, told, day=date(2026, 3, 1)))
    assert said(stage, date(2026, 3, 10)) == [("silence", SIRENS[0])], "31 days, 92 at most, 10 of grace"


def test_a_landlord_that_never_declared_has_not_fallen_silent(stage: Stage) -> None:
    stage.take(message(0, [stock(QPV | {"let": 40}), *moves_of("2026-02", 3, 1)]))
    assert said(stage) == []


def test_a_silence_is_an_alert_on_the_landlord_until_it_declares(stage: Stage) -> None:
    told = [stock(QPV | {"let": 40}), declaration(complete_through="2026-01-15")]
    stage.take(message(0, told, day=date(2026, 1, 20)))
    assert watch(stage.connection).raised == 1
    assert watch(stage.connection) == (0, 0, 0)
    stage.take(message(1, [declaration(revision=2)]))
    assert watch(stage.connection).changed == 1
    assert stage.rows(STATES) == [("silence", SIRENS[0], "lifted")]


def test_a_past_sent_again_under_new_names_is_a_rekey_and_nothing_about_the_quartier(stage: Stage) -> None:
    months = [f"2025-{month:02d}" for month in range(3, 13)]
    for offset, (day, first) in enumerate([(date(2026, 1, 20), 1), (date(2026, 3, 12), 1001)]):
        events = [one for place, month in enumerate(months) for one in moves_of(month, 5, first + 10 * place)]
        stage.take(message(offset, events, day=day))
    assert ("rekey", SIRENS[0]) in said(stage)
    watch(stage.connection)
    assert stage.rows("SELECT count(*) FROM core.alert WHERE territory_id IS NOT NULL") == [(0,)]


def test_new_months_are_no_rekey(stage: Stage) -> None:
    past = [one for month in (3, 4, 5) for one in moves_of(f"2025-0{month}", 9, 20 * month)]
    stage.take(message(0, past, day=date(2026, 1, 20)))
    stage.take(message(1, moves_of("2026-02", 40, 1001)))
    assert said(stage) == []


def bursting(stage: Stage) -> None:
    """Send a move of last June each week, then forty of July at once."""
    for place, week in enumerate(reversed(range(12))):
        stage.take(message(place, moves_of("2025-06", 1, 1 + week), day=TODAY - timedelta(days=7 * (week + 1))))
    assert said(stage) == []
    stage.take(message(12, moves_of("2025-07", 40, 1001)))


def taken_back(month: str, many: int, first: int) -> list[Event]:
    """Return what cancels so many of the moves of `moves_of`."""
    cancelled = {"effective_on": f"{month}-10", "status": "cancelled", "cancel_reason": "mistake", "revision": 2}
    return [move(number=first + n, **cancelled, **QPV) for n in range(many)]


def states(stage: Stage, today: date) -> list[tuple[Any, ...]]:
    """Watch on a day, and return each alert's kind and state."""
    stage.connection.execute("UPDATE core.window_state SET as_of = %s", (today,))
    watch(stage.connection)
    return stage.rows("SELECT kind, state FROM core.alert ORDER BY alert_id")


def test_many_old_moves_at_once_are_a_burst(stage: Stage) -> None:
    bursting(stage)
    assert said(stage) == [("burst", SIRENS[0])]


def test_a_burst_that_is_not_taken_back_in_its_time_is_confirmed(stage: Stage) -> None:
    bursting(stage)
    assert states(stage, TODAY) == [("burst", "provisional")]
    assert states(stage, TODAY + timedelta(days=31)) == [("burst", "provisional")]
    assert states(stage, TODAY + timedelta(days=32)) == [("burst", "confirmed")]


def test_a_burst_of_which_half_is_taken_back_is_lifted(stage: Stage) -> None:
    bursting(stage)
    watch(stage.connection)
    later = TODAY + timedelta(days=3)
    stage.take(message(13, taken_back("2025-07", 19, 1001), day=later))
    assert states(stage, later) == [("burst", "provisional")]
    stage.take(message(14, taken_back("2025-07", 1, 1020), day=later))
    assert states(stage, later) == [("burst", "lifted")]
    assert stage.rows("SELECT evidence -> 'taken_back' FROM core.alert") == [(20,)]


def test_an_open_burst_is_not_raised_again_when_the_month_turns(stage: Stage) -> None:
    bursting(stage)
    watch(stage.connection)
    turned = date(TODAY.year, TODAY.month + 1, 1)
    stage.take(message(13, moves_of("2025-07", 40, 2001), day=turned))
    assert states(stage, turned) == [("burst", "provisional")]


def test_a_rekey_whose_copies_are_taken_back_is_lifted(stage: Stage) -> None:
    months = [f"2025-{month:02d}" for month in range(3, 13)]
    for offset, (day, first) in enumerate([(date(2026, 1, 20), 1), (TODAY, 1001)]):
        events = [one for place, month in enumerate(months) for one in moves_of(month, 5, first + 10 * place)]
        stage.take(message(offset, events, day=day))
    assert ("rekey", "provisional") in states(stage, TODAY)
    later = TODAY + timedelta(days=9)
    copies = [one for place, month in enumerate(months) for one in taken_back(month, 5, 1001 + 10 * place)]
    stage.take(message(2, copies, day=later))
    assert ("rekey", "lifted") in states(stage, later)


def test_the_first_look_takes_the_past_year_of_what_was_sent_as_it_was_then(stage: Stage) -> None:
    bursting(stage)
    told = [stock(QPV | {"let": 40}), declaration(complete_through="2026-01-15")]
    stage.take(message(13, told, day=date(2026, 1, 20)))
    stage.take(message(14, [declaration(revision=2)], day=TODAY + timedelta(days=30)))
    later = TODAY + timedelta(days=60)
    # A quartier with a month declared: the first family is due.
    with stage.connection.transaction():
        quartier = territory(stage.connection, "qpv_2024", QPV["qpv_2024"])
        write_month(stage.connection, quartier, "all", date(2026, 2, 1), {"dwellings": 40, "all_dwellings": 40})
    assert ("burst", "confirmed") in states(stage, later)
    spans = "SELECT raised_on, changed_on, state FROM core.alert WHERE kind = %s"
    ((raised_on, changed_on, _),) = stage.rows(spans, "burst")
    assert TODAY <= raised_on < TODAY + timedelta(days=7)
    assert raised_on + timedelta(days=31) < changed_on <= raised_on + timedelta(days=38)
    silences = stage.rows(spans, "silence")
    assert silences[0][2] == "lifted" and silences[0][1] >= TODAY + timedelta(days=30)
