"""Faults found in the contract's reading and rules. Each turns red when it is mended: then take the mark off."""

from datetime import date
from typing import Any

import pytest

from schemas.events.reading import read_message
from schemas.events.rules import Rules
from schemas.territories import load
from tests.schemas.events.messages import (
    SIREN,
    assert_speaks_french,
    declaration,
    envelope,
    move,
    spoilt,
    stock,
    written,
)

RECEIVED = date(2026, 3, 10)
CELL = {"commune": "31555", "let": 10}
LONGEST_SENSIBLE = 1_000


def problem_of(payload: bytes) -> Any:
    """Return why the single event of a message is refused, None if it is not."""
    reading = read_message(payload)
    if reading.rejected:
        return reading.rejected[0].problem
    return Rules(load()).check(reading.events[0][1], SIREN, RECEIVED)


def test_a_month_of_the_year_nought_is_refused() -> None:
    assert problem_of(written(move(tenancy_started_on="0000-05"))) is not None


@pytest.mark.parametrize("month", ["0000-01", "٢٠٢٦-01"])
def test_a_control_total_of_an_impossible_month_is_refused(month: str) -> None:
    assert problem_of(written(declaration(control_totals=[{"month": month, "direction": "out", "count": 1}])))


def test_a_month_in_other_digits_than_ours_is_refused() -> None:
    assert problem_of(written(move(tenancy_started_on="٢٠٢٦-01"))) is not None


@pytest.mark.parametrize("text", ["0", "1771804800"])
def test_a_number_in_quotes_is_no_date(text: str) -> None:
    assert problem_of(written(move(effective_on=text))) is not None


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 5_000 + "]" * 5_000], ids=["digits", "levels"])
def test_an_absurd_value_in_one_event_of_a_batch_costs_that_event_only(value: str) -> None:
    bad = spoilt('"revision": 1', f'"revision": 1, "heating": {value}')
    reading = read_message(b"[" + written(move()) + b"," + bad + b"]")
    assert [index for index, _ in reading.events] == [0]


@pytest.mark.parametrize(
    "event",
    [
        envelope({}, type="x" * 100_000),
        move(**{"n" + "." * 100_000 + "om": "x"}),
        stock(CELL | {"tenancies_by_start_year": {"x" * 100_000: 1}}),
    ],
    ids=["type", "personal field", "key"],
)
def test_what_a_refusal_says_stays_short_whatever_was_sent(event: dict[str, Any]) -> None:
    problem = problem_of(written(event))
    assert len(problem.message_fr) + len(problem.pointer) < LONGEST_SENSIBLE


def test_a_number_for_an_instant_is_refused_in_french() -> None:
    assert_speaks_french(problem_of(written(envelope(move()["data"], time=5))))


def test_the_codes_expected_are_listed_in_french() -> None:
    assert " or " not in problem_of(written(move(status="gone"))).message_fr


def test_a_batch_after_a_vertical_tab_is_not_json() -> None:
    assert read_message(b"\x0b[" + written(move()) + b"]").events == []


def test_the_pointer_to_a_personal_field_is_escaped() -> None:
    assert problem_of(written(move(**{"n/om": "x"}))).pointer == "/data/n~1om"


def test_a_personal_field_in_a_control_total_is_refused() -> None:
    totals = [{"month": "2026-02", "direction": "out", "count": 1, "nom": "Dupont"}]
    assert problem_of(written(declaration(control_totals=totals))) is not None


def test_a_string_that_never_ends_is_read_in_linear_time() -> None:
    # It was quadratic: at this size, hours. The test would time out.
    payload = b"[" * 1_500 + b'"' + b'\\"' * 400_000
    reading = read_message(payload)
    assert reading.events == []
    assert [one.problem.reason for one in reading.rejected] in (["too_deep"], ["not_json"])
