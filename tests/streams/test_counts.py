"""Counts without rows: the greatest revision of a month counts, whatever the order, beside the moves of others."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from operations.rebuild import rebuild
from runtime.database import connect
from tests.streams.histories import PLACES
from tests.streams.stage import SIRENS, TODAY, Event, Stage, counts, declaration, message, move

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
TOULOUSE = {"commune": "31555", "direction": "out"}
COUNTED = "SELECT landlord, to_char(day, 'YYYY-MM-DD'), sum(n)::integer FROM core.daily_counter GROUP BY 1, 2"
REASONS = {"out": ("emploi", "mutation_interne", "vente_occupant"), "in": ("relocation", "premiere_location")}


@st.composite
def cells(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = {}
    for place in draw(st.lists(st.sampled_from(PLACES), max_size=4)):
        direction = draw(st.sampled_from(("out", "in")))
        reason = draw(st.sampled_from(REASONS[direction]))
        cell = {**place, "direction": direction, "reason": reason, "count": draw(st.integers(1, 30))}
        # `inside` said or left to be understood is one place.
        key = (place["commune"], place.get("qpv_2024"), place.get("qpv_2015"), place.get("qpv_status") or "")
        found[(*key[:3], "" if place.get("qpv_2024") else key[3], direction, reason)] = cell
    return list(found.values())


@st.composite
def sent_counts(draw: st.DrawFn) -> tuple[str, Event]:
    siren = draw(st.sampled_from(SIRENS))
    month = draw(st.sampled_from(("2025-03", "2026-01", "2026-02", "2026-03")))
    return siren, counts(*draw(cells()), siren=siren, month=month, revision=draw(st.integers(1, 9)))


def unique(events: list[tuple[str, Event]]) -> list[tuple[str, Event]]:
    """Return the events, one a landlord, month and revision: of two contents which one wins is arbitrary."""
    return list(
        {(siren, one["data"]["month"], one["data"]["revision"]): (siren, one) for siren, one in events}.values()
    )


@settings(EXAMPLES, max_examples=60)
@given(data=st.data())
def test_the_greatest_revision_of_each_month_counts_whatever_the_order(stage: Stage, data: st.DataObject) -> None:
    stage.restart(TODAY)
    events = unique(data.draw(st.lists(sent_counts(), min_size=1, max_size=8)))
    order = data.draw(st.permutations([*events, *data.draw(st.lists(st.sampled_from(events), max_size=3))]))
    offsets = dict.fromkeys(SIRENS, 0)
    messages = []
    for siren, event in order:
        messages.append(message(offsets[siren], [event, move(siren, 7)], siren=siren))
        offsets[siren] += 1
    while messages:
        size = data.draw(st.integers(1, 4))
        stage.take(*messages[:size])
        stage.assert_counters_equal_a_recount()
        messages = messages[size:]
    expected: Counter[tuple[str, str]] = Counter()
    for siren in {siren for siren, _ in events}:
        expected[siren, "2026-03-02"] = 1
        for month in {event["data"]["month"] for one, event in events if one == siren}:
            known = [event["data"] for one, event in events if one == siren and event["data"]["month"] == month]
            greatest = max(known, key=lambda one: one["revision"])
            expected[siren, f"{month}-01"] += sum(cell["count"] for cell in greatest["cells"])
    assert {row[:2]: row[2] for row in stage.rows(COUNTED)} == +expected


def test_a_month_counted_again_as_empty_counts_nothing(stage: Stage) -> None:
    stage.take(message(0, [counts(TOULOUSE | {"count": 12})]))
    assert stage.rows(COUNTED) == [(SIRENS[0], "2026-02-01", 12)]
    stage.take(message(1, [counts(revision=2)]))
    assert stage.rows(COUNTED) == []
    assert stage.rows("SELECT outcome, event_type, n FROM core.tally") == [("applied", "counts", 2)]
    stage.assert_counters_equal_a_recount()


def test_control_totals_are_compared_with_the_counts(stage: Stage) -> None:
    totals = [{"month": "2026-02", "direction": "out", "count": 12}]
    stage.take(message(0, [counts(TOULOUSE | {"count": 12}), declaration(control_totals=totals)]))
    stage.take(message(1, [counts(TOULOUSE | {"count": 13}, revision=2)]))
    stage.take(message(2, [declaration(control_totals=totals, revision=2)]))
    agreed, _, differing = (str(receipt) for receipt in stage.receipts())
    assert "13" not in agreed
    assert "13" in differing


def test_counts_beside_moves_of_their_month_are_told_and_mended_by_empty_ones(stage: Stage) -> None:
    here = TOULOUSE | {"count": 12}
    stage.take(message(0, [counts(here, month="2026-01"), counts(here), move(effective_on="2026-02-03")]))
    stage.take(message(1, [counts(here, revision=2)]), message(2, [counts(revision=3)]))
    mixed, again, emptied = (
        [(one["index"], one["code"]) for one in receipt["warnings"]] for receipt in stage.receipts()
    )
    assert (mixed, again, emptied) == ([(1, "moves_beside_counts")], [(0, "moves_beside_counts")], [])
    assert "mouvements (1)" in stage.receipts()[0]["warnings"][0]["message_fr"]
    stage.assert_counters_equal_a_recount()


def test_a_landlord_that_counts_is_told_apart(stage: Stage) -> None:
    stage.take(message(0, [counts(TOULOUSE | {"count": 12})]))
    stage.take(message(0, [move(SIRENS[1])], siren=SIRENS[1]))
    with connect(stage.settings, "observatory") as viewer:
        told = dict(viewer.execute("SELECT landlord, by_counts FROM staff.landlord").fetchall())
    assert told == {SIRENS[0]: True, SIRENS[1]: False}


def test_a_rebuild_gives_counts_the_class_of_the_lists_again(stage: Stage) -> None:
    stage.take(message(0, [counts(TOULOUSE | {"count": 12, "reason": "emploi"})]))
    for table in ("counts_cell", "fact"):
        stage.connection.execute(f"UPDATE core.{table} SET flow = 12")
    with connect(stage.settings, "migrator") as connection:
        rebuild(connection)
    stage.assert_counters_equal_a_recount()
    assert stage.rows("SELECT flow, n FROM core.daily_counter") == [(1, 12)]


@pytest.mark.parametrize(
    ("event", "pointer", "says"),
    [
        (counts(TOULOUSE | {"count": 0}), "/data/cells/0/count", "trop petit"),
        (counts(TOULOUSE | {"count": 1}, month="2026-05"), "/data/month", "trop lointaine"),
        (counts(TOULOUSE | {"count": 1}, month="2026-13"), "/data/month", "forme inattendue"),
        (counts({"commune": "31999", "direction": "out", "count": 1}), "/data/cells/0/commune", "commune inconnue"),
        (counts(TOULOUSE | {"count": 1, "reason": "renouvellement"}), "/data/cells/0/reason", "pas un mouvement"),
        (counts(TOULOUSE | {"count": 1, "reason": "x"}), "/data/cells/0/reason", "code inconnu"),
        (counts(*[TOULOUSE | {"count": 1}] * 2), "/data/cells/1", "deux comptes"),
        (counts(TOULOUSE | {"count": 1, "nom": "x"}), "/data/cells/0/nom", "donnée personnelle"),
    ],
)
def test_bad_counts_are_refused_and_say_why(stage: Stage, event: Event, pointer: str, says: str) -> None:
    stage.take(message(0, [event]))
    ((found, text),) = stage.rows("SELECT pointer, message_fr FROM core.quarantine")
    assert found == pointer
    assert says in text
    assert stage.rows(COUNTED) == []
