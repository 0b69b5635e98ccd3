"""Stocks and declarations: the greatest revision stays, and totals that differ come back as data."""

from typing import Any

import pytest

from tests.streams.stage import SIRENS, Event, Stage, declaration, message, move, stock

pytestmark = pytest.mark.services
QPV = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
CELL = {"commune": "31555"}
LATEST = (
    "SELECT DISTINCT ON (landlord, scope) scope, revision, complete_through::text FROM core.declaration "
    "ORDER BY landlord, scope, revision DESC, content_hash DESC"
)
STOCKED = "SELECT qpv_2024, rooms, let FROM core.stock_cell JOIN core.cell USING (cell_id) ORDER BY 1, 2"


def send(stage: Stage, *events: Event) -> list[dict[str, Any]]:
    """Send each event in a message of its own; return their receipts."""
    start = len(stage.receipts())
    for offset, event in enumerate(events, start):
        stage.take(message(offset, [event]))
    return stage.receipts()[start:]


def total(month: str, direction: str, count: int) -> dict[str, Any]:
    return {"month": month, "direction": direction, "count": count}


def test_the_declaration_of_the_greatest_revision_is_the_last_word_whatever_the_order(stage: Stage) -> None:
    received = send(
        stage,
        declaration(revision=2, complete_through="2026-01-31"),
        declaration(revision=3, complete_through="2026-02-28"),
        declaration(revision=1, complete_through="2025-12-31"),
        declaration(revision=3, complete_through="2026-02-28"),
    )
    outcomes = [list(receipt["outcomes"]) for receipt in received]
    assert outcomes == [["applied"], ["applied"], ["superseded"], ["duplicate"]]
    assert stage.rows(LATEST) == [("whole_stock", 3, "2026-02-28")]


def test_each_scope_and_each_landlord_has_a_declaration_of_its_own(stage: Stage) -> None:
    send(stage, declaration(revision=5), declaration(scope="qpv_only", revision=1, complete_through="2026-01-31"))
    stage.take(message(0, [declaration(SIRENS[1], revision=2)], siren=SIRENS[1]))
    assert stage.rows(LATEST) == [
        ("qpv_only", 1, "2026-01-31"),
        ("whole_stock", 5, "2026-02-28"),
        ("whole_stock", 2, "2026-02-28"),
    ]


def test_equal_revisions_of_other_declarations_end_the_same_whatever_the_order(stage: Stage) -> None:
    contents = [declaration(complete_through=day) for day in ("2026-01-31", "2026-02-28")]
    ends = set()
    for order in (contents, contents[::-1]):
        stage.restart()
        send(stage, *order)
        ends.add(str(stage.rows(LATEST)))
    assert len(ends) == 1


def test_control_totals_that_differ_come_back_as_data(stage: Stage) -> None:
    moves = [move(number=n, effective_on="2026-02-10") for n in (1, 2)]
    moves.append(move(number=3, direction="in", effective_on="2026-01-10"))
    totals = [total("2026-02", "out", 5), total("2026-01", "in", 1), total("2026-01", "out", 4)]
    receipts = send(stage, *moves, declaration(control_totals=totals))
    assert receipts[-1]["control_differences"] == [
        {"month": "2026-02", "direction": "out", "declared": 5, "counted": 2},
        {"month": "2026-01", "direction": "out", "declared": 4, "counted": 0},
    ]
    assert receipts[-1]["warnings"] == []
    assert receipts[-1]["outcomes"] == {"applied": 1}
    assert receipts[-1]["summary_fr"] == "acceptés : 1 ; totaux de contrôle différents : 2"


def test_control_totals_that_agree_give_no_difference(stage: Stage) -> None:
    moves = [
        move(number=1, effective_on="2026-02-10"),
        move(number=2, effective_on="2026-02-11", date_precision="month"),
        move(number=3, effective_on="2026-02-12", reason="vente_occupant"),
        move(number=4, effective_on="2026-02-13", reason="glissement_bail"),
        move(number=5, effective_on="2026-02-14", status="announced"),
        move(number=6, effective_on="2026-02-15", status="cancelled", cancel_reason="mistake"),
    ]
    totals = [total("2026-02", "out", 3), total("2026-02", "in", 0)]
    assert send(stage, *moves, declaration(control_totals=totals))[-1]["control_differences"] == []


def test_what_comes_after_a_declaration_in_one_take_is_no_difference(stage: Stage) -> None:
    def declared(revision: int, count: int) -> Event:
        return declaration(revision=revision, control_totals=[total("2026-02", "out", count)])

    corrected = move(number=1, revision=2, effective_on="2026-01-31")
    stage.take(
        message(0, [move(number=1, effective_on="2026-02-10"), declared(1, 1)]),
        message(0, [move(SIRENS[1], number=7, effective_on="2026-02-10")], siren=SIRENS[1]),
        message(1, [move(number=2, effective_on="2026-02-11")]),
        message(2, [move(number=3, effective_on="2026-02-12"), declared(2, 3)]),
        message(3, [corrected, declared(3, 2)]),
        message(4, [declared(4, 9)]),
        message(5, [move(number=5, effective_on="2026-02-20")]),
    )
    differences = {receipt["id"]: receipt["control_differences"] for receipt in stage.receipts()}
    assert differences.pop(message(4, []).identity) == [
        {"month": "2026-02", "direction": "out", "declared": 9, "counted": 2}
    ]
    assert len(differences) == 6
    assert not any(differences.values())
    assert stage.rows("SELECT next_offset FROM core.ingest_offset ORDER BY 1") == [(1,), (6,)]
    stage.assert_counters_equal_a_recount()


def test_totals_of_the_qpvs_only_are_compared_with_moves_inside_them(stage: Stage) -> None:
    moves = [move(number=1, effective_on="2026-02-10", **QPV), move(number=2, effective_on="2026-02-10")]
    inside = [total("2026-02", "out", 1)]
    receipts = send(
        stage,
        *moves,
        declaration(scope="qpv_only", control_totals=inside),
        declaration(scope="whole_stock", control_totals=inside),
    )
    assert receipts[2]["control_differences"] == []
    assert [one["counted"] for one in receipts[3]["control_differences"]] == [2]


def test_totals_are_compared_with_the_landlords_own_moves(stage: Stage) -> None:
    send(stage, move(effective_on="2026-02-10"))
    totals = [total("2026-02", "out", 0)]
    stage.take(message(0, [declaration(SIRENS[1], control_totals=totals)], siren=SIRENS[1]))
    assert stage.receipts()[-1]["control_differences"] == []


def test_a_superseded_declaration_is_compared_with_nothing(stage: Stage) -> None:
    wrong = [total("2026-02", "out", 9)]
    receipts = send(stage, declaration(revision=2), declaration(revision=1, control_totals=wrong))
    assert receipts[1]["outcomes"] == {"superseded": 1}
    assert receipts[1]["control_differences"] == []


def test_a_stock_of_a_higher_revision_replaces_every_cell(stage: Stage) -> None:
    first = stock(QPV | {"let": 5, "rooms": "T2"}, QPV | {"let": 6, "rooms": "T3"}, CELL | {"let": 7})
    second = stock(QPV | {"let": 8, "rooms": "T2", "tenancies_by_start_year": {"2014": 3}}, revision=2)
    send(stage, first)
    assert stage.rows(STOCKED) == [("QN03107M", "T2", 5), ("QN03107M", "T3", 6), (None, "unknown", 7)]
    assert send(stage, second)[0]["outcomes"] == {"applied": 1}
    assert stage.rows(STOCKED) == [("QN03107M", "T2", 8)]
    assert stage.rows("SELECT tenancies_by_start_year FROM core.stock_cell") == [({"2014": 3},)]
    assert stage.rows("SELECT revision FROM core.stock") == [(2,)]


def test_a_stock_of_a_lower_revision_changes_nothing(stage: Stage) -> None:
    send(stage, stock(CELL | {"let": 7}, revision=2))
    received = send(stage, stock(CELL | {"let": 9}, revision=1), stock(CELL | {"let": 7}, revision=2))
    assert [list(receipt["outcomes"]) for receipt in received] == [["superseded"], ["duplicate"]]
    assert stage.rows(STOCKED) == [(None, "unknown", 7)]


def test_each_date_has_a_stock_of_its_own(stage: Stage) -> None:
    send(stage, stock(CELL | {"let": 7}, stock_on="2025-01-01"), stock(CELL | {"let": 9}))
    assert sorted(stage.rows("SELECT stock_on::text, let FROM core.stock_cell")) == [
        ("2025-01-01", 7),
        ("2026-01-01", 9),
    ]


def test_every_count_of_a_cell_is_kept_under_its_own_name(stage: Stage) -> None:
    names = (
        "let on_offer_vacant_up_to_3_months on_offer_vacant_over_3_months first_let_within_12_months "
        "out_of_market_works out_of_market_demolition out_of_market_sale"
    ).split()
    counts = {name: 10 + i for i, name in enumerate(names)}
    send(stage, stock(QPV | counts))
    assert stage.rows(f"SELECT {', '.join(names)} FROM core.stock_cell") == [tuple(counts.values())]
