"""Flows have the database's numbers, packed rows come back as they went, a batch keeps its greatest revisions."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.database import connect
from runtime.settings import Settings
from schemas.codes import code_list
from streams.ingest.commit import Ready, StagedMove, collapse, prepare_connection
from streams.ingest.decode import Message
from streams.ledger.flows import NATURE_CLASSES, flow_number, nature_class
from streams.ledger.moves import stage as stage_rows
from streams.ledger.rows import COLUMNS, month_start, numbered, packed_move
from tests.streams.stage import SIRENS, TODAY

DATES = st.dates(date(1900, 1, 1), date(9999, 12, 31))
# PostgreSQL holds no NUL and UTF-8 no lone surrogate: reading refuses both before.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
MONTHS = st.one_of(st.none(), DATES.map(lambda day: f"{day.year:04}-{day.month:02}"))
LEFT_OUT = ("cancel_reason", "financing", "household_type", "household_size", "holder_age")
ALWAYS = ("status", "date_precision", "location_method", "location_quality", "rooms", "reason", "place")


@pytest.fixture
def own_session(settings: Settings, database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A session with the worker's temporary tables."""
    with connect(settings, "ingest") as session:
        prepare_connection(session)
        yield session


@pytest.mark.services
def test_the_table_of_flows_is_what_the_worker_computes(database: psycopg.Connection[Any]) -> None:
    rows = database.execute(
        "SELECT direction, nature_class, inside_qpv, month_precision, flow FROM core.flow"
    ).fetchall()
    computed = {
        (direction, nature, inside, month): flow_number(direction, nature, inside_qpv=inside, month_precision=month)
        for direction, nature, inside, month in product(
            ("out", "in"), NATURE_CLASSES, (False, True, None), (False, True)
        )
    }
    assert {row[:4]: row[4] for row in rows} == computed
    assert len(rows) == len(computed) == len(set(computed.values())) == 60


def test_every_reason_and_nature_of_the_lists_is_counted_or_out_of_scope() -> None:
    for direction, codes in (("out", "departure_reason"), ("in", "arrival_nature")):
        for code in code_list(codes):
            assert nature_class(direction, code) in (*NATURE_CLASSES, "out_of_scope"), code


def test_what_is_out_of_scope_has_no_flow() -> None:
    with pytest.raises(ValueError):
        flow_number("out", "out_of_scope", inside_qpv=True, month_precision=False)


@pytest.mark.services
@settings(
    derandomize=True, deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_packed_row_comes_back_as_it_went(own_session: psycopg.Connection[Any], data: st.DataObject) -> None:
    rows = []
    for seq in range(data.draw(st.integers(1, 3))):
        row: dict[str, Any] = {
            "seq": seq,
            "move_id": data.draw(st.uuids()),
            "revision": data.draw(st.integers(0, 2**62 - 1)),
            "content_hash": data.draw(st.binary(min_size=16, max_size=16)),
            "received_on": data.draw(DATES),
            "effective_on": data.draw(DATES),
            "cell_id": data.draw(st.integers(1, 2**31 - 1)),
            "dwelling": data.draw(st.uuids()),
            "flow": data.draw(st.one_of(st.none(), st.integers(0, 39))),
            "notice_received_on": data.draw(st.one_of(st.none(), DATES)),
            "tenancy_started_on": data.draw(MONTHS),
            "landlord": data.draw(TEXTS),
            "direction": data.draw(st.sampled_from(("out", "in"))),
        }
        row |= {name: data.draw(TEXTS) for name in ALWAYS}
        row |= {name: data.draw(st.one_of(st.none(), TEXTS)) for name in LEFT_OUT}
        rows.append(row)
    assert [set(row) for row in rows] == [set(COLUMNS)] * len(rows)
    outside = ("direction", "received_on", "effective_on", "cell_id", "flow")
    with own_session.transaction(), own_session.cursor() as cursor:
        packed = [
            packed_move(
                row,
                key=(row["landlord"], row["move_id"].bytes),
                rank=(row["revision"], row["content_hash"]),
                **{name: row[name] for name in outside},
            )
            for row in rows
        ]
        stage_rows(cursor, numbered(packed))
        back = cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM incoming ORDER BY seq").fetchall()
    expected = [row | {"tenancy_started_on": month_start(row["tenancy_started_on"])} for row in rows]
    assert back == [tuple(row[name] for name in COLUMNS) for row in expected]


RANKS = st.tuples(st.integers(0, 3), st.binary(min_size=16, max_size=16))
Sent = tuple[int, str, tuple[int, bytes]]


def ready(offset: int, sent: list[Sent], day: date = TODAY) -> Ready:
    """Return a message of moves received on a day; each row says by whom it was brought."""
    moves = [
        StagedMove(i, (siren, UUID(int=number).bytes), rank, True, day, f"{offset}/{i}".encode())
        for i, (number, siren, rank) in enumerate(sent)
    ]
    return Ready(Message("t", 0, offset, 0.0, b""), "", day, len(sent), moves, [], [])


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.lists(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(SIRENS), RANKS), max_size=5), max_size=4))
def test_collapse_keeps_the_greatest_revision_then_the_greatest_hash_of_each_move(batches: list[list[Sent]]) -> None:
    greatest: dict[tuple[str, bytes], tuple[int, bytes]] = {}
    for number, siren, rank in (sent for batch in batches for sent in batch):
        key = (siren, UUID(int=number).bytes)
        greatest[key] = max(rank, greatest.get(key, rank))
    (kept,) = collapse([ready(offset, batch) for offset, batch in enumerate(batches)])
    assert {key: staged.rank for key, staged in kept.items()} == greatest
    assert all(staged.key == key for key, staged in kept.items())


def test_of_equal_revisions_of_equal_content_collapse_keeps_the_first_received() -> None:
    old, new = (1, b"z" * 16), (2, b"a" * 16)
    messages = [ready(0, [(1, SIRENS[0], old)]), ready(1, [(1, SIRENS[0], new)]), ready(2, [(1, SIRENS[0], new)])]
    ((staged,),) = (layer.values() for layer in collapse(messages))
    assert staged.row == b"1/0"


def test_a_move_that_changed_on_several_days_is_in_as_many_layers_in_order() -> None:
    days = [TODAY + timedelta(days=n) for n in range(4)]
    ranks = [(2, b"a" * 16), (1, b"z" * 16), (3, b"a" * 16), (4, b"a" * 16)]
    messages = [ready(n, [(1, SIRENS[0], ranks[n])], day) for n, day in enumerate(days)]
    messages.append(ready(4, [(1, SIRENS[0], (5, b"b" * 16)), (2, SIRENS[0], ranks[0])], days[3]))
    layers = [sorted(staged.row for staged in layer.values()) for layer in collapse(messages)]
    assert layers == [[b"0/0", b"4/1"], [b"2/0"], [b"4/0"]]
