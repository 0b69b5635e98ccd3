"""What is declared complete: it follows what was sent, it grows, and its control totals speak of the same moves."""

from dataclasses import replace
from datetime import date

import pytest

from producers import keys
from producers.publishing import States
from schemas.events.models import COUNTS, DECLARATION
from tests.producers.sending.stage import RING, Landlord, dwelling, move

FEBRUARY, MARCH = date(2026, 2, 28), date(2026, 3, 31)
EARLY, LATE = "2026-03-02T08:00:00", "2026-04-01T08:00:00"


def in_month(number: int, month: int, **changes):
    """Return a departure of a month of 2026."""
    return move(number, effective_on=date(2026, month, 1 + number % 28), **changes)


def elsewhere(record):
    """Return a record outside every quartier."""
    return replace(record, where=replace(record.where, qpv_flag=False))


def declared(one: Landlord) -> dict:
    return one.observatory.others[DECLARATION]


def span(one: Landlord) -> tuple[str | None, str]:
    return declared(one).get("complete_from"), declared(one)["complete_through"]


def totals(one: Landlord) -> dict[tuple[str, str], int]:
    return {(one["month"], one["direction"]): one["count"] for one in declared(one)["control_totals"]}


def test_nothing_is_declared_while_a_move_is_held_back(tmp_path):
    one = Landlord(tmp_path)
    records = [move(1), move(2, effective_on=date(2026, 6, 1))]
    sent = one.publish(records, through=MARCH)
    assert (len(sent.refused), sent.declaration) == (1, None)
    assert DECLARATION not in one.observatory.others
    assert one.publish(records, through=MARCH, despite_errors=True).declaration
    assert span(one) == (None, "2026-03-31")


def test_a_month_corrected_later_takes_nothing_back_of_the_months_after_it(tmp_path):
    one = Landlord(tmp_path)
    february, march = [in_month(1, 2)], [in_month(2, 3)]
    one.publish(february, EARLY, through=FEBRUARY)
    one.publish(march, LATE, through=MARCH)
    one.publish([*february, in_month(3, 2)], "2026-04-02T08:00:00", through=FEBRUARY)
    assert span(one) == (None, "2026-03-31")
    assert totals(one) == {("2026-02", "out"): 2, ("2026-02", "in"): 0}
    one.publish(march, "2026-04-02T09:00:00", through=MARCH)
    assert totals(one) == {("2026-03", "out"): 1, ("2026-03", "in"): 0}


def test_the_period_of_each_file_extends_what_was_declared(tmp_path):
    one = Landlord(tmp_path)
    one.publish([in_month(1, 2)], EARLY, first=date(2026, 2, 1), through=FEBRUARY)
    one.publish([in_month(2, 3)], LATE, first=date(2026, 3, 1), through=MARCH)
    assert span(one) == ("2026-02-01", "2026-03-31")
    assert totals(one) == {("2026-03", "out"): 1, ("2026-03", "in"): 0}
    one.publish([in_month(3, 1), in_month(1, 2)], LATE, first=date(2026, 1, 1), through=FEBRUARY)
    assert span(one) == ("2026-01-01", "2026-03-31")
    assert totals(one)["2026-01", "out"] == totals(one)["2026-02", "out"] == 1


def test_a_period_apart_replaces_what_was_declared(tmp_path):
    """The month between is not declared: nothing may say that it is."""
    one = Landlord(tmp_path)
    one.publish([in_month(1, 1)], EARLY, first=date(2026, 1, 1), through=date(2026, 1, 31))
    one.publish([in_month(2, 3)], LATE, first=date(2026, 3, 1), through=MARCH)
    assert span(one) == ("2026-03-01", "2026-03-31")


@pytest.mark.parametrize("counts_only", [False, True])
def test_of_quartiers_alone_the_totals_are_of_the_quartiers(tmp_path, counts_only):
    one = Landlord(tmp_path)
    records = [*(in_month(number, 3) for number in range(5)), elsewhere(in_month(9, 3))]
    one.publish(records, through=MARCH, scope="qpv_only", counts_only=counts_only)
    assert totals(one)["2026-03", "out"] == 5


def test_of_states_in_quartiers_alone_no_total_is_said(tmp_path):
    one = Landlord(tmp_path)
    one.publish(
        [dwelling(1, "vacant", left=date(2026, 3, 4)), elsewhere(dwelling(2, "vacant", left=date(2026, 3, 4)))],
        states=States(date(2026, 1, 1)),
        through=MARCH,
        scope="qpv_only",
    )
    assert totals(one) == {}


def test_a_state_of_the_stock_says_no_zero_of_moves_that_another_file_holds(tmp_path):
    one = Landlord(tmp_path)
    one.publish([in_month(1, 3)], EARLY)
    one.publish([dwelling(1, started=date(2026, 1, 1))], LATE, through=MARCH)
    assert totals(one) == {("2026-03", "out"): 1, ("2026-03", "in"): 0}
    (tmp_path / "other").mkdir()
    other = Landlord(tmp_path / "other")
    other.publish([dwelling(1, started=date(2026, 1, 1))], LATE, through=MARCH)
    assert totals(other) == {}


def test_a_change_of_key_does_not_double_the_totals_of_states(tmp_path):
    one = Landlord(tmp_path)
    left = [dwelling(1, "vacant", left=date(2026, 3, 4))]
    one.publish(left, "2026-03-10T08:00:00", states=States(date(2026, 1, 1)))
    ring = keys.rotated(RING, date(2026, 3, 20), date(2028, 6, 1))
    again = Landlord(tmp_path, one.observatory, ring)
    again.publish(left, LATE, states=States(), through=MARCH)
    assert len(again.observatory.moves) == 1
    assert totals(again)["2026-03", "out"] == 1


def test_counts_of_a_month_outlive_the_correction_of_another(tmp_path):
    one = Landlord(tmp_path)
    one.publish([in_month(1, 2)], EARLY, through=FEBRUARY, counts_only=True)
    one.publish([in_month(2, 3)], LATE, through=MARCH, counts_only=True)
    one.publish([in_month(1, 2), in_month(3, 2)], LATE, through=FEBRUARY, counts_only=True)
    one.publish([in_month(2, 3)], LATE, through=MARCH, counts_only=True)
    months = {}
    for event in one.observatory.reading():
        if event["type"] == COUNTS:
            data = event["data"]
            months[data["month"]] = max(
                months.get(data["month"], (0, 0)), (data["revision"], sum(cell["count"] for cell in data["cells"]))
            )
    assert {month: n for month, (_, n) in months.items()} == {"2026-02": 2, "2026-03": 1}
