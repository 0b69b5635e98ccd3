"""Rules: known codes and places, possible dates, the right sender, no personal field."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.codes import CURRENT_VERSION, code_list
from schemas.events.reading import Problem, read_message
from schemas.events.rules import MOVE_DEFAULTS, Rules
from schemas.territories import load
from tests.schemas.events.messages import (
    MOVE_IN,
    SIREN,
    assert_speaks_french,
    declaration,
    envelope,
    move,
    stock,
    written,
)

RECEIVED = date(2026, 3, 10)
NEWER = CURRENT_VERSION + 1
CELL = {"commune": "31555", "qpv_2024": "QN03107M", "let": 10}
DATE = "/data/effective_on"


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(load())


def checked(rules: Rules, event: dict[str, Any], landlord: str = SIREN) -> tuple[dict[str, Any], Problem | None]:
    """Read the event as the worker would, check it, and return it as the check left it."""
    ((_, read),) = read_message(written(event)).events
    problem = rules.check(read, landlord, RECEIVED)
    return read, problem


def on(days: int) -> str:
    return (RECEIVED + timedelta(days=days)).isoformat()


REFUSED = [
    pytest.param(move(reason="demenagement"), "unknown_code", "/data/reason", id="a reason that no list has"),
    pytest.param(move(reason="relocation"), "unknown_code", "/data/reason", id="an arrival's nature on a departure"),
    pytest.param(move(place="moon"), "unknown_code", "/data/place", id="an unknown place"),
    pytest.param(move(financing="XXX"), "unknown_code", "/data/financing", id="an unknown financing"),
    pytest.param(move(household_type="solo"), "unknown_code", "/data/household_type", id="an unknown household"),
    pytest.param(move(household_size="7"), "unknown_code", "/data/household_size", id="an unknown size"),
    pytest.param(move(holder_age="42"), "unknown_code", "/data/holder_age", id="an unknown age class"),
    pytest.param(
        move(reason="demenagement", code_list_version=CURRENT_VERSION),
        *("unknown_code", "/data/reason"),
        id="an unknown code of the present list",
    ),
    pytest.param(move(commune="31999"), "unknown_commune", "/data/commune", id="an unknown commune"),
    pytest.param(move(qpv_2024="QN03199N"), "unknown_qpv", "/data/qpv_2024", id="an unknown QPV of 2024"),
    pytest.param(move(qpv_2015="QP031999"), "unknown_qpv", "/data/qpv_2015", id="an unknown QPV of 2015"),
    pytest.param(move(effective_on=on(15)), "too_far_ahead", DATE, id="effective 15 days ahead"),
    pytest.param(
        move(status="announced", effective_on=on(367)), "too_far_ahead", DATE, id="announced over a year ahead"
    ),
    pytest.param(move(effective_on="2024-01-31"), "too_far_back", DATE, id="before the horizon"),
    pytest.param(move(effective_on="1899-12-31"), "invalid_field", DATE, id="the 19th century"),
    pytest.param(move(status="cancelled"), "invalid_field", "/data/cancel_reason", id="cancelled without a reason"),
    pytest.param(
        move(cancel_reason="mistake"), "invalid_field", "/data/cancel_reason", id="a reason without cancelling"
    ),
    pytest.param(move(nom="Dupont"), "personal_data", "/data/nom", id="a name"),
    pytest.param(move(Date_Naissance="1980"), "personal_data", "/data/Date_Naissance", id="a birth date"),
    pytest.param(envelope(move()["data"], Prénom="Ada"), "personal_data", "/Prénom", id="a first name on the envelope"),
    pytest.param(
        stock(CELL, CELL | {"adresse": "x"}), "personal_data", "/data/cells/1/adresse", id="an address in a cell"
    ),
    pytest.param(stock(CELL, CELL), "duplicate_cell", "/data/cells/1", id="a cell twice"),
    pytest.param(
        stock(CELL, CELL | {"rooms": "T2"}, CELL | {"rooms": "unknown", "let": 3}),
        *("duplicate_cell", "/data/cells/2"),
        id="a cell twice, once with its rooms class left out",
    ),
    pytest.param(stock(CELL | {"commune": "31999"}), "unknown_commune", "/data/cells/0/commune", id="stock nowhere"),
    pytest.param(stock(CELL, stock_on=on(1)), "too_far_ahead", "/data/stock_on", id="tomorrow's stock"),
    pytest.param(
        declaration(complete_through=on(1)), "too_far_ahead", "/data/complete_through", id="complete through tomorrow"
    ),
]
ACCEPTED = [
    pytest.param(move(effective_on=on(14)), id="effective 14 days ahead"),
    pytest.param(move(status="announced", effective_on=on(366)), id="announced a year ahead"),
    pytest.param(
        move(status="cancelled", cancel_reason="mistake", effective_on="2099-01-01"), id="an absurd date, cancelled"
    ),
    pytest.param(
        move(effective_on="2024-02-01", tenancy_started_on="1900-01"), id="a very old tenancy, at the horizon"
    ),
    pytest.param(move(commune="75056"), id="a commune of another région: out of scope, no error"),
    pytest.param(move(heating="gaz"), id="a field of a newer minor version"),
    pytest.param(envelope(move()["data"], traceparent="00-1"), id="an extension of CloudEvents"),
    pytest.param(stock(CELL, CELL | {"rooms": "T2"}, stock_on=on(0)), id="today's stock"),
    pytest.param(declaration(complete_through=on(0)), id="complete through today"),
]


@pytest.mark.parametrize(("event", "reason", "pointer"), REFUSED)
def test_an_event_against_the_rules_is_refused_with_reason_and_pointer(
    rules: Rules, event: dict[str, Any], reason: str, pointer: str
) -> None:
    for _ in range(2):  # what the rules remember of the first time must change nothing
        _, problem = checked(rules, event)
        assert problem is not None
        assert (problem.reason, problem.pointer) == (reason, pointer)
        assert_speaks_french(problem)


@pytest.mark.parametrize("event", ACCEPTED)
def test_an_event_within_the_rules_is_accepted(rules: Rules, event: dict[str, Any]) -> None:
    assert checked(rules, event)[1] is None
    assert checked(rules, event)[1] is None


def test_the_refusal_of_a_date_names_the_last_day_allowed(rules: Rules) -> None:
    _, problem = checked(rules, move(effective_on=on(15)))
    assert problem is not None
    assert on(15) in problem.message_fr
    assert on(14) in problem.message_fr


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "telework"},
        {"financing": "BRS"},
        {"household_type": "colocation"},
        {"household_size": "8+"},
        {"place": "abroad"},
    ],
    ids=str,
)
def test_an_unknown_code_of_a_newer_list_is_kept_as_it_was_sent(rules: Rules, changes: dict[str, str]) -> None:
    for _ in range(2):
        event, problem = checked(rules, move(**changes, code_list_version=NEWER))
        assert problem is None
        assert changes.items() <= event["data"].items()
    _, problem = checked(rules, move(**changes))
    assert problem is not None, "the same code under a known list is still refused"
    assert problem.reason == "unknown_code"


def test_an_arrival_has_natures_of_its_own(rules: Rules) -> None:
    good = envelope(move(reason="premiere_location")["data"], type=MOVE_IN)
    assert checked(rules, good)[1] is None
    _, problem = checked(rules, envelope(move(reason="deces")["data"], type=MOVE_IN))
    assert problem is not None
    assert (problem.reason, problem.pointer) == ("unknown_code", "/data/reason")


@pytest.mark.parametrize("make", [move, declaration, lambda: stock(CELL)])
def test_an_event_from_another_landlord_than_the_topics_is_refused(
    rules: Rules, make: Callable[[], dict[str, Any]]
) -> None:
    _, problem = checked(rules, make(), landlord="987654321")
    assert problem is not None
    assert (problem.reason, problem.pointer) == ("wrong_source", "/source")
    assert "987654321" in problem.message_fr
    assert_speaks_french(problem)


def test_what_a_move_leaves_out_is_completed_with_the_defaults(rules: Rules) -> None:
    event, problem = checked(rules, move())
    assert problem is None
    assert event["data"].keys() == MOVE_DEFAULTS.keys() | move()["data"].keys()
    assert event["data"]["rooms"] == "unknown"
    assert event["data"]["qpv_2015"] is None


@pytest.mark.parametrize("reason", sorted(code_list("departure_reason")))
def test_every_reason_of_the_list_is_accepted(rules: Rules, reason: str) -> None:
    assert checked(rules, move(reason=reason))[1] is None
