"""One move under two identities: a changed key and a merged landlord correct what was sent, and never double it."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.events.rules import Rules
from schemas.territories import load
from streams.ingest.lineage import RecordedLineage
from tests.streams.stage import SIRENS, TODAY, Event, Stage, declaration, message, move, stock

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
OLD, NEW = SIRENS
MERGED_ON = date(2026, 1, 1)
COUNTED = "SELECT landlord, day::text, sum(n)::integer FROM core.daily_counter GROUP BY 1, 2 ORDER BY 1, 2"
BEFORE, AFTER = "2025-12-20", "2026-01-10"


def earlier(number: int) -> str:
    """Return the identifier of a move under the earlier key."""
    return str(UUID(int=number))


def later(number: int) -> str:
    """Return the identifier of the same move under the new key."""
    return str(UUID(int=100 + number))


def rekeyed(number: int, **changes: Any) -> Event:
    return move(OLD, number, move_id=later(number), former_move_id=earlier(number), **changes)


def taken_over(number: int, **changes: Any) -> Event:
    former = {"former_move_id": earlier(number), "former_landlord": OLD}
    return move(NEW, number, move_id=later(number), **former, **changes)


@pytest.fixture
def merged(stage: Stage) -> Iterator[Stage]:
    """A stage on which the second landlord took the first one over."""
    stage.rules = Rules(load(), RecordedLineage(stage.another_connection))
    with stage.connection.transaction():
        stage.connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, 'Nouveau')", (NEW,))
        stage.connection.execute(
            "INSERT INTO core.landlord (siren, name, merged_into, merged_on) VALUES (%s, 'Ancien', %s, %s)",
            (OLD, NEW, MERGED_ON),
        )
    yield stage
    with stage.connection.transaction():
        stage.connection.execute("DELETE FROM core.landlord")


def arrive(stage: Stage, events: list[tuple[str, Event]], takes: list[int]) -> None:
    """Send events, each in a message of its own, in takes of these sizes; prove every committed state."""
    offsets = dict.fromkeys(SIRENS, 0)
    messages = []
    for siren, event in events:
        messages.append(message(offsets[siren], [event], siren=siren))
        offsets[siren] += 1
    for size in [*takes, len(messages)]:
        stage.take(*messages[:size])
        stage.assert_counters_equal_a_recount()
        messages = messages[size:]


@st.composite
def disorder(draw: st.DrawFn, events: list[tuple[str, Event]]) -> tuple[list[tuple[str, Event]], list[int]]:
    """Return some order of these events, some of them twice, and some takes."""
    order = draw(st.permutations([*events, *draw(st.lists(st.sampled_from(events), max_size=3))]))
    return order, draw(st.lists(st.integers(1, 3), max_size=3))


DAYS = st.sampled_from(("2025-12-20", "2025-12-31", "2026-01-01", "2026-02-10"))


@st.composite
def key_changes(draw: st.DrawFn) -> tuple[list[tuple[str, Event]], dict[int, str]]:
    """Return moves sent under an earlier key and some of them again under a new one, and the day of each at the end."""
    events: list[tuple[str, Event]] = []
    truth: dict[int, str] = {}
    for number in (1, 2, 3):
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            truth[number] = draw(DAYS)
            events.append((OLD, move(OLD, number, revision=revision, effective_on=truth[number])))
        for revision in range(4, draw(st.integers(4, 6))):
            truth[number] = draw(DAYS)
            events.append((OLD, rekeyed(number, revision=revision, effective_on=truth[number])))
    return events, truth


@settings(EXAMPLES, max_examples=40)
@given(data=st.data())
def test_a_changed_key_counts_each_move_once_whatever_the_order(stage: Stage, data: st.DataObject) -> None:
    stage.restart(TODAY)
    events, truth = data.draw(key_changes())
    arrive(stage, *data.draw(disorder(events)))
    assert sum(n for *_, n in stage.rows(COUNTED)) == len(truth)
    assert sorted(day for _, day, n in stage.rows(COUNTED) for _ in range(n)) == sorted(truth.values())


REVISIONS = st.integers(1, 12)


@st.composite
def mergers(draw: st.DrawFn) -> tuple[list[tuple[str, Event]], list[tuple[str, str]]]:
    """Return moves of a landlord, some of them sent on by its successor, and whose each is at the end, on which day.

    The two number their revisions as they please; a successor may also send a move without naming the earlier one.
    """
    events: list[tuple[str, Event]] = []
    truth = []
    for number in (1, 2, 3):
        sent = {revision: draw(DAYS) for revision in draw(st.sets(REVISIONS, min_size=1, max_size=2))}
        events += [(OLD, move(OLD, number, revision=one, effective_on=day)) for one, day in sent.items()]
        last = (OLD, sent[max(sent)])
        if corrected := {revision: draw(DAYS) for revision in draw(st.sets(REVISIONS, max_size=2))}:
            events += [(NEW, taken_over(number, revision=one, effective_on=day)) for one, day in corrected.items()]
            day = corrected[max(corrected)]
            last = (OLD if date.fromisoformat(day) < MERGED_ON else NEW, day)
            for revision in draw(st.sets(REVISIONS, max_size=1)):
                alone = move(NEW, number, move_id=later(number), revision=revision, effective_on=draw(DAYS))
                events.append((NEW, alone))
        truth.append(last)
    return events, truth


@settings(EXAMPLES, max_examples=40)
@given(data=st.data())
def test_a_successor_corrects_and_never_doubles_whatever_the_order(merged: Stage, data: st.DataObject) -> None:
    merged.restart(TODAY)
    events, truth = data.draw(mergers())
    arrive(merged, *data.draw(disorder(events)))
    counted = [(whose, day) for whose, day, n in merged.rows(COUNTED) for _ in range(n)]
    assert sorted(counted) == sorted(truth)


def test_a_date_that_crosses_the_day_of_the_merger_changes_the_landlord_that_counts(merged: Stage) -> None:
    merged.take(message(0, [move(OLD, 1, effective_on=BEFORE)], siren=OLD))
    assert merged.rows(COUNTED) == [(OLD, BEFORE, 1)]
    for offset, (day, whose) in enumerate([(AFTER, NEW), (BEFORE, OLD)]):
        merged.take(message(offset, [taken_over(1, revision=5 + offset, effective_on=day)], siren=NEW))
        assert merged.rows(COUNTED) == [(whose, day, 1)]
        merged.assert_counters_equal_a_recount()


def test_equal_revisions_end_with_one_row_that_counts(merged: Stage) -> None:
    contents = [taken_over(1, revision=5, effective_on=day) for day in (BEFORE, AFTER, "2026-02-01")]
    ends = set()
    for order in permutations(contents):
        merged.restart(TODAY)
        merged.take(*(message(offset, [event], siren=NEW) for offset, event in enumerate(order)))
        ends.add(str(merged.rows(COUNTED)))
        assert sum(n for *_, n in merged.rows(COUNTED)) == 1
    assert len(ends) == 1


def test_each_event_has_one_outcome_though_it_writes_two_rows(merged: Stage) -> None:
    repeated = taken_over(1, revision=5, effective_on=BEFORE)
    for offset, event in enumerate([repeated, repeated, taken_over(1, revision=4, effective_on=AFTER)]):
        merged.take(message(offset, [event], siren=NEW))
    assert merged.rows("SELECT outcome, sum(n)::integer FROM core.tally GROUP BY 1 ORDER BY 1") == [
        ("applied", 1),
        ("duplicate", 1),
        ("superseded", 1),
    ]


def test_what_no_longer_says_its_earlier_identity_is_a_duplicate(stage: Stage) -> None:
    stage.take(message(0, [rekeyed(1, revision=5, effective_on=AFTER)], siren=OLD))
    stage.take(message(1, [move(OLD, 1, move_id=later(1), revision=5, effective_on=AFTER)], siren=OLD))
    assert stage.rows("SELECT outcome, sum(n)::integer FROM core.tally GROUP BY 1 ORDER BY 1") == [
        ("applied", 1),
        ("duplicate", 1),
    ]
    assert stage.receipts()[-1]["warnings_total"] == 0


def test_what_comes_late_under_the_earlier_key_is_superseded(stage: Stage) -> None:
    stage.take(message(0, [rekeyed(1, revision=5, effective_on=AFTER)], siren=OLD))
    stage.take(message(1, [move(OLD, 1, revision=9, effective_on=BEFORE)], siren=OLD))
    assert stage.rows("SELECT outcome, sum(n)::integer FROM core.tally GROUP BY 1 ORDER BY 1") == [
        ("applied", 1),
        ("superseded", 1),
    ]
    assert stage.rows(COUNTED) == [(OLD, AFTER, 1)]


@pytest.mark.parametrize(
    ("event", "pointer", "says"),
    [
        (taken_over(1), "/data/former_landlord", "aucune reprise de 900000001 par 900000002"),
        (move(NEW, 1, former_landlord=OLD), "/data/former_landlord", "accompagne former_move_id"),
        (move(NEW, 1, former_move_id=str(UUID(int=1))), "/data/former_move_id", "ne se remplace pas lui-même"),
    ],
)
def test_an_earlier_identity_that_is_none_is_refused(stage: Stage, event: Event, pointer: str, says: str) -> None:
    stage.take(message(0, [event], siren=NEW))
    ((found, text),) = stage.rows("SELECT pointer, message_fr FROM core.quarantine")
    assert found == pointer
    assert says in text


def test_only_the_recorded_successor_is_heard_and_not_of_an_older_merger(merged: Stage) -> None:
    third = "900000003"
    with merged.connection.transaction():
        merged.connection.execute(
            "INSERT INTO core.landlord (siren, name, merged_into, merged_on) VALUES (%s, 'Le plus ancien', %s, %s)",
            (third, OLD, date(2025, 6, 1)),
        )
    merged.take(
        message(
            0,
            [
                taken_over(1, effective_on="2025-05-31"),
                taken_over(2, effective_on="2025-06-01"),
                move(NEW, 3, former_move_id=earlier(9), former_landlord=third),
            ],
            siren=NEW,
        )
    )
    assert merged.rows("SELECT event_index, reason FROM core.quarantine ORDER BY 1") == [
        (0, "not_successor"),
        (2, "not_successor"),
    ]
    assert merged.rows(COUNTED) == [(OLD, "2025-06-01", 1)]


def test_a_merged_landlords_stock_holds_until_the_month_of_the_merger(merged: Stage) -> None:
    cell = {"commune": "31555", "let": 400}
    merged.take(message(0, [stock(cell, siren=OLD, stock_on="2025-01-01"), declaration(OLD)], siren=OLD))
    merged.take(message(0, [stock(cell, siren=NEW, stock_on="2026-01-01")], siren=NEW))
    rows = merged.rows(
        "SELECT landlord, max(month) FROM core.landlord_coverage WHERE level = 'commune' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [(OLD, date(2025, 12, 1)), (NEW, TODAY.replace(day=1))]
    assert timedelta(days=31) < TODAY - MERGED_ON


def test_the_month_of_a_merger_keeps_the_moves_of_both_landlords(merged: Stage) -> None:
    with merged.connection.transaction():
        merged.connection.execute("UPDATE core.landlord SET merged_on = '2026-01-15' WHERE siren = %s", (OLD,))
    cell = {"commune": "31555", "let": 400}
    sent = [stock(cell, siren=OLD, stock_on="2025-01-01"), move(OLD, 1, effective_on="2026-01-05")]
    merged.take(message(0, sent, siren=OLD))
    said = [{"month": "2026-01", "direction": "out", "count": 3}, {"month": "2025-12", "direction": "out", "count": 0}]
    ours = [
        stock(cell, siren=NEW, stock_on="2026-01-01"),
        taken_over(2, effective_on="2026-01-06"),
        taken_over(3, effective_on="2026-01-20"),
        declaration(NEW, complete_from="2026-01-01", complete_through="2026-01-31", control_totals=said),
    ]
    merged.take(message(0, ours, siren=NEW))
    assert merged.rows("SELECT landlord, sum(n)::integer FROM core.daily_counter GROUP BY 1 ORDER BY 1") == [
        (OLD, 2),
        (NEW, 1),
    ]
    assert merged.rows(
        "SELECT sum(departures)::integer, sum(dwellings)::integer FROM core.landlord_coverage "
        "LEFT JOIN core.landlord_flow USING (level, territory_id, landlord, month) "
        "WHERE declared AND level = 'commune' AND month = '2026-01-01' AND territory_id IN "
        "(SELECT territory_id FROM core.territory WHERE code = '31555')"
    ) == [(3, 400)]
    assert merged.receipts()[-1]["control_differences"] == []
