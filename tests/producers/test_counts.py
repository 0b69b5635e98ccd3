"""Counts instead of rows: they add up to the moves, and no reason of a handful of moves is told."""

from collections import Counter
from datetime import date
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from producers.counts import counts_by_month, standing_for
from producers.extract.records import MoveRecord
from producers.location.place import Location, Whereabouts
from schemas.codes import code_list

K = 5
REASONS = {"out": "departure_reason", "in": "arrival_nature"}
PLACES = [
    Location("31555", "QN03107M", "QP031007", "inside", "code", "certain"),
    Location("31555", None, None, "outside", "coordinates", "certain"),
    Location("31555", None, None, "outside", "address", "uncertain"),
    Location("31555", None, None, "unknown", "unknown", "unknown"),
]


@st.composite
def located_moves(draw: st.DrawFn) -> tuple[MoveRecord, Location]:
    direction = draw(st.sampled_from(("out", "in")))
    return (
        MoveRecord(
            line=draw(st.integers(2, 99)),
            direction=direction,  # type: ignore[arg-type]
            lease="a",
            dwelling="b",
            where=Whereabouts("31555"),
            status=draw(st.sampled_from(("effective", "effective", "effective", "announced", "cancelled"))),
            effective_on=draw(st.sampled_from((date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28)))),
            reason=draw(st.sampled_from(sorted(code_list(REASONS[direction])))),
        ),
        draw(st.sampled_from(PLACES)),
    )


def nature(direction: str, reason: str) -> str:
    return code_list(REASONS[direction])[reason].nature_class


@given(moves=st.lists(located_moves(), max_size=60), order=st.randoms())
def test_counts_add_up_to_the_moves_by_place_direction_and_class(
    moves: list[tuple[MoveRecord, Location]], order: Random
) -> None:
    expected: Counter[tuple[object, ...]] = Counter()
    for record, place in moves:
        kind = nature(record.direction, record.reason)
        if record.status == "effective" and kind != "out_of_scope":
            where = (place.commune, place.qpv_2024, place.qpv_2015, place.qpv_status)
            expected[(f"{record.effective_on:%Y-%m}", *where, record.direction, kind)] += 1
    found: Counter[tuple[object, ...]] = Counter()
    made = counts_by_month(moves, K)
    for month, cells in made.items():
        for cell in cells:
            where = (cell["commune"], cell["qpv_2024"], cell["qpv_2015"], cell["qpv_status"])
            found[(month, *where, cell["direction"], nature(cell["direction"], cell["reason"]))] += cell["count"]
    assert found == expected
    shuffled = list(moves)
    order.shuffle(shuffled)
    assert counts_by_month(shuffled, K) == made


@given(moves=st.lists(located_moves(), max_size=60))
def test_a_small_or_sensitive_reason_is_not_told(moves: list[tuple[MoveRecord, Location]]) -> None:
    for cells in counts_by_month(moves, K).values():
        for cell in cells:
            if cell["reason"] != standing_for(cell["direction"], cell["reason"]):
                assert cell["count"] >= K
                assert not code_list(REASONS[cell["direction"]])[cell["reason"]].sensitive
