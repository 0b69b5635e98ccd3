"""What does not hold together is said to staff, with the figures and without a count that the threshold protects."""

from typing import Any

import pytest

from runtime.database import connect
from streams.measures.refresh import refresh
from streams.publication.findings import tell_findings
from tests.streams.stage import SIRENS, Event, Stage, counts, declaration, message, move, stock

pytestmark = pytest.mark.services
QPV = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
FOUND = "SELECT kind, landlord, code, moves, dwellings, message_fr FROM staff.finding ORDER BY 1, 3"


def found(stage: Stage, *events: Event) -> list[tuple[Any, ...]]:
    """Take events, refresh, and return what staff reads."""
    stage.take(*(message(offset, [event]) for offset, event in enumerate(events)))
    return found_now(stage)


def found_now(stage: Stage) -> list[tuple[Any, ...]]:
    """Do what the worker does once something was committed, and return what staff reads."""
    refresh(stage.connection)
    tell_findings(stage.connection)
    return seen(stage, FOUND)


def seen(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    """Return what a viewer of Grafana reads."""
    with connect(stage.settings, "observatory", autocommit=True) as viewer:
        return viewer.execute(query.encode()).fetchall()


def departures(many: int, **place: Any) -> list[Event]:
    return [move(number=n, effective_on="2026-02-10", **place) for n in range(1, many + 1)]


def test_what_holds_together_is_no_finding(stage: Stage) -> None:
    assert found(stage, stock(QPV | {"let": 40}), *departures(6, **QPV), declaration()) == []


def test_a_stock_smaller_than_its_moves_is_found(stage: Stage) -> None:
    rows = found(stage, stock(QPV | {"let": 4}, {"commune": "31555", "let": 90}), *departures(6, **QPV))
    assert [row[:5] for row in rows] == [
        ("stock_smaller_than_moves", SIRENS[0], "QN03107M", 6, 4),
    ]
    assert rows[0][5].startswith("6 départs en 12 mois pour 4 logements")


def test_what_the_threshold_protects_is_not_told_of_a_small_stock(stage: Stage) -> None:
    assert found(stage, stock(QPV | {"let": 3}, {"commune": "31555", "let": 90}), *departures(4, **QPV)) == []


@pytest.mark.parametrize(("many", "told"), [(4, None), (5, 5)])
def test_moves_where_the_landlord_has_no_stock_are_found(stage: Stage, many: int, told: int | None) -> None:
    rows = found(stage, stock({"commune": "31555", "let": 90}), *departures(many, **QPV))
    assert [row[:5] for row in rows] == [("moves_without_stock_here", SIRENS[0], "QN03107M", told, 0)]
    assert ("moins de 5 mouvements" in rows[0][5]) == (told is None)


@pytest.mark.parametrize(("many", "told"), [(4, None), (5, 5)])
def test_a_landlord_with_moves_and_no_stock_is_found_and_covers_nothing(
    stage: Stage, many: int, told: int | None
) -> None:
    rows = found(stage, *departures(many, **QPV), declaration())
    assert [row[:5] for row in rows] == [("moves_without_stock", SIRENS[0], None, told, None)]
    assert stage.rows("SELECT count(*) FROM core.observed_month") == [(0,)]


def test_a_declaration_that_goes_back_in_time_is_found_until_it_is_declared_again(stage: Stage) -> None:
    back = [declaration(revision=1), declaration(revision=2, complete_through="2026-01-31")]
    rows = found(stage, stock(QPV | {"let": 40}), *back)
    assert [row[:2] for row in rows] == [("declaration_back_in_time", SIRENS[0])]
    assert "jusqu'au 31/01/2026, après l'avoir été jusqu'au 28/02/2026" in rows[0][5]
    declared = "SELECT month::text FROM core.landlord_month WHERE declared_whole ORDER BY 1 DESC LIMIT 1"
    assert stage.rows(declared) == [("2026-01-01",)]
    stage.take(message(3, [declaration(revision=3)]))
    assert found_now(stage) == []
    assert stage.rows(declared) == [("2026-02-01",)]


def test_more_dwellings_than_the_census_are_found(stage: Stage) -> None:
    ((census,),) = stage.rows("SELECT dwellings FROM core.rpls WHERE qpv_2015 = 'QP031007'")
    rows = found(stage, stock(QPV | {"let": census + 1}))
    assert [row[:5] for row in rows] == [("coverage_over_100", None, "QP031007", None, census + 1)]
    ((completeness, representativeness),) = stage.rows(
        "SELECT completeness, representativeness FROM core.coverage_month JOIN core.territory USING (territory_id) "
        "WHERE code = 'QP031007' AND month = '2026-01-01'"
    )
    assert completeness == 0, "not declared"
    assert representativeness > 1


def test_a_stock_far_from_what_was_expected_is_found(stage: Stage) -> None:
    stage.connection.execute(
        "INSERT INTO core.landlord (siren, name, expected_dwellings) VALUES (%s, 'Un', 100)", (SIRENS[0],)
    )
    try:
        rows = found(stage, stock(QPV | {"let": 79}))
        assert [row[:2] for row in rows] == [("stock_not_as_expected", SIRENS[0])]
        assert rows[0][5] == "79 logements dans son parc, 100 attendus lors de son accueil"
        stage.take(message(1, [stock(QPV | {"let": 81}, revision=2)]))
        assert found_now(stage) == []
    finally:
        stage.connection.execute("DELETE FROM core.landlord")


def test_a_landlord_that_sends_counts_weighs_on_what_needs_the_moves_themselves(stage: Stage) -> None:
    sent = counts(QPV | {"direction": "in", "reason": "relocation", "count": 3})
    rows = found(stage, stock(QPV | {"let": 40}), sent, declaration())
    assert [row[:2] for row in rows] == [("counts_only", SIRENS[0])]
    assert "trop bas" in rows[0][5]


def test_a_qpv_code_of_neither_generation_is_refused_with_its_own_reason(stage: Stage) -> None:
    stage.take(message(0, [move(qpv_2024="QN03199N")]))
    (receipt,) = stage.receipts()
    assert receipt["outcomes"] == {"quarantined": 1}
    assert receipt["rejected"][0]["code"] == "unknown_qpv"
    assert seen(stage, "SELECT reason FROM staff.quarantine") == [("unknown_qpv",)]


def test_a_month_that_nobody_declared_is_not_declared_and_never_zero(stage: Stage) -> None:
    found(stage, stock(QPV | {"let": 40}), *departures(6, **QPV), declaration(complete_through="2026-01-31"))
    observed = (
        "SELECT month::text, all_dwellings, dwellings, departures, landlords, declared_landlords "
        "FROM core.observed_month JOIN core.territory USING (territory_id) WHERE code = 'QN03107M' ORDER BY 1"
    )
    assert stage.rows(observed) == [
        ("2026-01-01", 40, 40, 0, 1, 1),
        ("2026-02-01", 40, 0, 0, 1, 0),
        ("2026-03-01", 40, 0, 0, 1, 0),
    ]
    through = "SELECT month::text FROM core.complete_through JOIN core.territory USING (territory_id) WHERE code = %s"
    assert stage.rows(through, "QN03107M") == [("2026-01-01",)]
