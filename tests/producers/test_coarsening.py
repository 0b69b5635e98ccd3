"""No combination that few moves share leaves the landlord with its detail; what counts where is never changed."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.coarsening import (
    COARSEST,
    FREE,
    coarsen,
    combination_hashes,
    discreet_reason,
    find_steps,
)
from schemas.codes import code_list

KEPT = ("commune", "qpv_2024", "qpv_2015", "effective_on", "place", "tenancy_started_on", "dwelling", "status")
LISTS = {"out": "departure_reason", "in": "arrival_nature"}


@st.composite
def move(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    direction = draw(st.sampled_from(["out", "in"]))
    data = {
        "status": "effective",
        "effective_on": draw(st.sampled_from(["2026-01-05", "2026-01-20", "2026-02-05"])),
        "dwelling": "91aa",
        "commune": draw(st.sampled_from(["31555", "31069"])),
        "qpv_2024": draw(st.sampled_from([None, "QN03107M"])),
        "rooms": draw(st.sampled_from(["T2", "T3", "unknown"])),
        "reason": draw(st.sampled_from(sorted(code_list(LISTS[direction])))),
        "place": "unknown",
        "tenancy_started_on": "2014-05",
    }
    for name, values in {
        "financing": ["PLUS", "PLAI", "non_renseigne"],
        "household_type": ["seul", "non_renseigne"],
        "holder_age": ["75+", "30-39"],
    }.items():
        if value := draw(st.sampled_from([None, *values])):
            data[name] = value
    return direction, data


def combination(direction: str, data: dict[str, Any]) -> tuple[Any, ...]:
    names = ("commune", "qpv_2024", "qpv_2015", "rooms", "reason")
    optional = ("financing", "household_type", "household_size", "holder_age")
    return (
        direction,
        data["effective_on"][:7],
        *(data.get(name) for name in names),
        *(data.get(name) or "non_renseigne" for name in optional),
    )


def coarsened(moves: list[tuple[str, dict[str, Any]]], k: int, known: list[int] | None = None):
    hashes = np.array([combination_hashes(data, direction) for direction, data in moves], np.int64).reshape(-1, 5)
    steps = find_steps(
        hashes, np.array(known or [FREE] * len(moves), np.int8), np.ones(len(moves), np.bool_), k
    ).tolist()
    after = [dict(data) for _, data in moves]
    for (direction, _), data, step in zip(moves, after, steps, strict=True):
        coarsen(data, direction, step)
    return [(direction, data) for (direction, _), data in zip(moves, after, strict=True)], steps


@given(st.lists(move(), max_size=60), st.integers(1, 6))
def test_a_combination_is_shared_by_k_moves_or_is_at_its_coarsest(moves, k):
    after, steps = coarsened(moves, k)
    shared = Counter(combination(*one) for one in after)
    for one, step in zip(after, steps, strict=True):
        assert shared[combination(*one)] >= k or step == COARSEST
    for (_, before), (_, data) in zip(moves, after, strict=True):
        assert [before.get(name) for name in KEPT] == [data.get(name) for name in KEPT]
    assert coarsened(moves, k) == (after, steps), "same file, same result"


@given(st.lists(st.tuples(move(), st.sampled_from([FREE, FREE, 0, 1, 2, 3, 4])), max_size=60))
def test_what_was_sent_keeps_its_step_and_the_rest_is_still_hidden(drawn):
    moves, known = [one for one, _ in drawn], [step for _, step in drawn]
    after, steps = coarsened(moves, 5, known)
    shared = Counter(combination(*one) for one in after)
    for one, before, step in zip(after, known, steps, strict=True):
        if before == FREE:
            assert shared[combination(*one)] >= 5 or step == COARSEST
        else:
            assert step == before


@given(move(), st.integers(0, COARSEST))
def test_whether_and_where_a_move_counts_is_never_changed(one, step):
    direction, data = one
    classes = {code: found.nature_class for code, found in code_list(LISTS[direction]).items()}
    before = classes[data["reason"]]
    coarsen(data, direction, step)
    assert classes[data["reason"]] == before


def test_detail_that_many_share_is_kept_and_the_household_goes_first():
    common = {
        "effective_on": "2026-01-05",
        "commune": "31555",
        "rooms": "T3",
        "reason": "emploi",
        "financing": "PLUS",
        "holder_age": "30-39",
    }
    odd = common | {"holder_age": "75+"}
    after, steps = coarsened([("out", common)] * 5 + [("out", odd)] * 5 + [("out", odd | {"holder_age": "25-29"})], 5)
    assert steps == [0] * 10 + [COARSEST]
    _, steps = coarsened(
        [("out", common | {"holder_age": age}) for age in ("75+", "25-29", "30-39", "40-49", "50-59")], 5
    )
    assert steps == [1] * 5
    assert after[0][1] == common


def test_a_cancelled_move_hides_nobody():
    data = {"effective_on": "2026-01-05", "commune": "31555", "rooms": "T3", "reason": "emploi"}
    hashes = np.array([combination_hashes(data, "out")] * 5, np.int64)
    counted = np.array([True] * 4 + [False])
    assert find_steps(hashes, np.full(5, FREE, np.int8), counted, 5).tolist() == [COARSEST] * 5


@pytest.mark.parametrize("reason", ["deces", "expulsion_impayes", "separation", "ehpad_etablissement"])
def test_a_sensitive_reason_leaves_as_another(reason):
    assert discreet_reason("out", reason) == "autre"
    assert discreet_reason("out", "emploi") == "emploi"
    assert discreet_reason("in", "relocation") == "relocation"
