"""Whatever a landlord sends can be committed: an error here would end the worker, again and again."""

import json
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.database import connect
from runtime.topics import MAX_MESSAGE_BYTES
from schemas.territories import load
from streams.ingest.decode import Message
from streams.ingest.pipeline import Pipeline
from streams.ingest.turns import Committed
from streams.ledger import moves, registers
from tests.streams.stage import Stage, declaration, known_rules, message, move, stock

pytestmark = pytest.mark.services
CELL = {"commune": "31555", "let": 4, "tenancies_by_start_year": {"2014": 2, "unknown": 1}}
TOTAL = {"month": "2026-02", "direction": "out", "count": 1}
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=4),
        st.sampled_from(["0001-01-01", "9999-12-31", "0001-01", "9999-12", "٢٠٢٦", "\0", "\ud800", "{0}", "", "n\0om"]),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


def everywhere(value: Any) -> list[tuple[Any, Any]]:
    """Return (container, key) of every place in an event."""
    found = []
    for key, inside in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((value, key))
        if isinstance(inside, dict | list):
            found += everywhere(inside)
    return found


@settings(
    derandomize=True, deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_an_event_with_anything_anywhere_ends_as_exactly_one_outcome(stage: Stage, data: st.DataObject) -> None:
    full = move(
        **{
            "reason": "emploi",
            "financing": "PLUS",
            "notice_received_on": "2025-12-01",
            "tenancy_started_on": "2014-05",
        },
        **{"qpv_2024": "QN03107M", "qpv_2015": "QP031007", "household_size": "3-4", "code_list_version": 1},
    )
    event = data.draw(st.sampled_from([full, stock(CELL), declaration(control_totals=[TOTAL])]))
    event = json.loads(json.dumps(event))
    places = everywhere(event)
    container, key = places[data.draw(st.integers(0, len(places) - 1))]
    if isinstance(container, dict) and data.draw(st.booleans()):
        key = data.draw(st.text(max_size=6) | st.sampled_from(["nom", "n\0om", "direction", "revision"]))
    container[key] = data.draw(ANYTHING)
    stage.restart()
    payload = json.dumps([event, move(number=2)]).encode()
    stage.take(message(0, [move()])._replace(payload=payload))
    ((total,),) = stage.rows("SELECT sum(n) FROM core.tally")
    assert total == 2
    assert sum(stage.receipts()[0]["outcomes"].values()) == 2
    stage.assert_counters_equal_a_recount()


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=40))
def test_any_bytes_end_in_quarantine_as_they_came(stage: Stage, payload: bytes) -> None:
    stage.restart()
    stage.take(Message(message(0, [move()]).topic, 0, 0, 1773043964.0, payload))
    assert [bytes(row[0]) for row in stage.rows("SELECT payload FROM core.quarantine")] == [payload]
    assert stage.receipts()[0]["outcomes"] == {"quarantined": 1}


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(move(tenancy_started_on="0000-05"), id="a tenancy of the year nought"),
        pytest.param(declaration(control_totals=[TOTAL | {"month": "0000-01"}]), id="a total of the year nought"),
        pytest.param(declaration(control_totals=[TOTAL | {"month": "٢٠٢٦-01"}]), id="a total in Arabic digits"),
    ],
)
def test_an_impossible_month_does_not_stop_the_worker(stage: Stage, event: dict[str, Any]) -> None:
    stage.take(message(0, [event, move(number=2)]))
    assert stage.rows("SELECT sum(n) FROM core.tally") == [(2,)]


def test_counts_at_their_greatest_are_summed(stage: Stage) -> None:
    communes = sorted(load().communes)[:300]
    greatest = {"let": 10_000_000, "on_offer_vacant_up_to_3_months": 10_000_000}
    stage.take(message(0, [stock(*({"commune": code} | greatest for code in communes))]))
    assert stage.rows("SELECT max(dwellings) FROM core.stock_counter") == [(300 * 20_000_000,)]
    stage.assert_counters_equal_a_recount()


def handed(stage: Stage, *messages: Message) -> Committed:
    """Take messages as the worker's pipeline does."""
    pipeline = Pipeline(lambda: connect(stage.settings, "ingest"), known_rules())
    return pipeline.commit(pipeline.prepare(messages))


def test_what_the_database_refuses_costs_its_own_message_only(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_range(cursor: psycopg.Cursor[Any], *_: object) -> None:
        cursor.execute("SELECT 1 / 0")

    monkeypatch.setattr(registers, "apply_stock", out_of_range)
    whole = handed(
        stage,
        message(0, [move(number=1)]),
        message(1, [move(number=2), stock(CELL), move(number=3)]),
        message(2, [move(number=4)]),
    )
    assert whole == Committed(3, {})
    assert stage.rows("SELECT count(*) FROM core.move") == [(4,)]
    kept = stage.rows("SELECT message_offset, event_index, reason, payload FROM core.quarantine")
    assert [row[:3] for row in kept] == [(1, 1, "not_storable")]
    assert json.loads(bytes(kept[0][3]))["data"]["cells"] == [CELL]
    assert [receipt["outcomes"] for receipt in stage.receipts()] == [
        {"applied": 1},
        {"applied": 2, "quarantined": 1},
        {"applied": 1},
    ]
    stage.assert_counters_equal_a_recount()


def test_a_message_of_which_nothing_can_be_kept_is_refused_whole(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    works = moves.stage

    def too_much(cursor: psycopg.Cursor[Any], rows: list[bytes]) -> None:
        if any(UUID(int=1002).bytes in row for row in rows):
            cursor.execute("SELECT repeat('x', 1000000)::varchar(3)::date")
        works(cursor, rows)

    monkeypatch.setattr(moves, "stage", too_much)
    handed(stage, message(0, [move(number=1)]), message(1, [move(number=2), move(number=3)]))
    assert stage.rows("SELECT dwelling FROM core.move") == [(UUID(int=1001),)]
    assert stage.rows("SELECT event_index, reason FROM core.quarantine ORDER BY 1") == [
        (0, "not_storable"),
        (1, "not_storable"),
    ]


def test_a_message_too_large_once_decompressed_is_refused(stage: Stage) -> None:
    payload = b"[" + b" " * MAX_MESSAGE_BYTES + b"]"
    stage.take(message(0, [move()])._replace(payload=payload))
    assert stage.rows("SELECT reason, length(payload) FROM core.quarantine") == [
        ("message_too_large", MAX_MESSAGE_BYTES)
    ]
