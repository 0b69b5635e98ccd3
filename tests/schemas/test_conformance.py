"""The conformance kit: files equal to their tables, and each case told exactly so by the reader and the rules."""

from datetime import date
from typing import Any

import pytest

from schemas.conformance import kit
from schemas.conformance.accepted import GOOD_MESSAGES
from schemas.conformance.events import SIREN
from schemas.conformance.refused import BAD_EVENTS, BAD_MESSAGES
from schemas.events.reading import Problem, read_message
from schemas.events.rules import Rules
from schemas.territories import load
from tests.schemas.events.messages import assert_speaks_french

RECEIVED = date(2026, 3, 10)
RULES = Rules(load())
BAD = (*BAD_EVENTS, *BAD_MESSAGES)


def problems_of(payload: bytes) -> list[Problem]:
    reading = read_message(payload)
    checked = [RULES.check(event, SIREN, RECEIVED) for _, event in reading.events]
    return [bad.problem for bad in reading.rejected] + [problem for problem in checked if problem]


def test_the_kit_has_at_least_sixty_malformed_messages_each_of_its_own_kind() -> None:
    assert len({one.payload for one in BAD}) == len(BAD) >= 60
    names = [case["name"] for case in kit.read()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", kit.FILES)
def test_the_files_are_what_the_tables_make(name: str) -> None:
    assert (kit.FOLDER / name).read_text(encoding="utf-8") == kit.render(name), "run: quartiers contract"


@pytest.mark.parametrize("one", BAD, ids=lambda one: one.name)
def test_a_bad_message_is_refused_with_its_code_pointer_and_sentence(one: Any) -> None:
    (problem,) = problems_of(one.payload)
    sentence = kit.dated(one.message_fr, RECEIVED)
    assert (problem.reason, problem.pointer, problem.message_fr) == (one.code, one.pointer, sentence)
    assert_speaks_french(problem)
    assert "^" not in problem.message_fr, "a pattern is not French"


@pytest.mark.parametrize("one", GOOD_MESSAGES, ids=lambda one: one.name)
def test_a_good_message_is_not_refused(one: Any) -> None:
    assert problems_of(one.payload) == []
    assert sum(one.outcomes.values()) == len(one.events)


def test_a_case_becomes_the_landlords_own() -> None:
    own = [case for case in kit.read("999888777") if "payload" in case]
    assert not any(SIREN in case["payload"] for case in own)
    assert any("urn:siren:999888777" in case["payload"] for case in own)


def test_what_differs_from_the_expected_receipt_is_named() -> None:
    case = next(case for case in kit.read() if case["name"] == "date-trop-lointaine")
    data = {**case["expected"], "received_on": "2026-03-10"}
    data["rejected"] = [
        {**data["rejected"][0], "message_fr": "date trop lointaine : 2999-01-01, au plus tard 2026-03-24"}
    ]
    assert kit.differences(case, data) == []
    wrong = {**data, "outcomes": {"applied": 1}}
    assert kit.differences(case, wrong) == [
        "date-trop-lointaine : outcomes : attendu {'quarantined': 1}, reçu {'applied': 1}"
    ]
