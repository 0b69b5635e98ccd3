"""Denominators: which stock holds where and when, what moves it between two photos, and who is in whose field."""

from typing import Any

import pytest

from streams.measures.refresh import refresh
from tests.streams.stage import SIRENS, Event, Stage, declaration, message, move, stock

pytestmark = pytest.mark.services
QPV = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
REST = {"commune": "31555"}
OTHER, SECOND = SIRENS[1], "900000003"
OBSERVED = """
SELECT part, all_dwellings, dwellings, departures FROM core.observed_month JOIN core.territory USING (territory_id)
WHERE level = %s AND month = %s ORDER BY part
"""
DWELLINGS = """
SELECT month::text, all_dwellings FROM core.observed_month JOIN core.territory USING (territory_id)
WHERE level = %s AND part = %s ORDER BY 1
"""


def take(stage: Stage, *events: Event, siren: str = SIRENS[0]) -> None:
    """Take events in a landlord's topic, one a message, and refresh."""
    ((done,),) = stage.rows(
        "SELECT coalesce(max(next_offset), 0) FROM core.ingest_offset WHERE topic LIKE %s", f"%{siren}"
    )
    stage.take(*(message(done + n, [event], siren=siren) for n, event in enumerate(events)))
    refresh(stage.connection)


def february(stage: Stage, level: str = "commune") -> list[tuple[Any, ...]]:
    return stage.rows(OBSERVED, level, "2026-02-01")


def months(stage: Stage, level: str = "commune", part: str = "all") -> list[int]:
    """Dwellings of every participating landlord, month after month."""
    return [dwellings for _, dwellings in stage.rows(DWELLINGS, level, part)]


def moves(**place: Any) -> list[Event]:
    return [move(number=n, effective_on="2026-02-10", **place) for n in (1, 2)]


def test_a_landlord_that_declares_its_quartiers_only_is_left_out_of_comparators(stage: Stage) -> None:
    take(stage, stock(QPV | {"let": 40}, REST | {"let": 100}), *moves(**QPV), declaration(scope="qpv_only"))
    assert february(stage) == [("all", 140, 0, 0), ("hors_qpv", 100, 0, 0), ("qpv", 40, 40, 2)]
    assert february(stage, "qpv_2024") == [("all", 40, 40, 2)]


def test_a_landlord_whose_stock_is_of_quartiers_only_is_in_no_other_field(stage: Stage) -> None:
    take(stage, stock(QPV | {"let": 40}, scope="qpv_only"), *moves(**QPV), declaration())
    assert february(stage) == [("qpv", 40, 40, 2)]


def test_a_stock_of_quartiers_after_a_whole_one_leaves_what_lies_outside(stage: Stage) -> None:
    whole = stock(QPV | {"let": 40}, REST | {"let": 100}, stock_on="2025-12-01")
    take(stage, whole, stock(QPV | {"let": 50}, scope="qpv_only", stock_on="2026-02-01"))
    assert months(stage, part="qpv") == [40, 40, 50, 50]
    assert months(stage, part="hors_qpv") == [100] * 4


def test_a_sale_to_the_tenant_takes_a_dwelling_out_from_the_next_month_on(stage: Stage) -> None:
    take(stage, stock(QPV | {"let": 40}), move(effective_on="2026-01-20", reason="vente_occupant", **QPV))
    assert months(stage) == [40, 39, 39]
    assert stage.rows("SELECT sum(departures), sum(sold_to_tenant) FROM core.cell_month") == [(0, 1)]
    take(stage, stock(QPV | {"let": 38}, stock_on="2026-02-01"))
    assert months(stage) == [40, 38, 38], "a new photo has it already"


def test_a_sale_before_the_photo_changes_nothing(stage: Stage) -> None:
    take(stage, stock(QPV | {"let": 40}), move(effective_on="2025-12-20", reason="vente_occupant", **QPV))
    assert months(stage) == [40, 40, 40]


def test_a_first_letting_brings_a_dwelling_in_from_the_next_month_on(stage: Stage) -> None:
    new = move(direction="in", effective_on="2026-01-20", reason="premiere_location", **REST)
    take(stage, stock(QPV | {"let": 40}), new)
    assert months(stage) == [40, 41, 41]
    take(stage, new | {"data": new["data"] | {"revision": 2, "status": "cancelled", "cancel_reason": "mistake"}})
    assert months(stage) == [40, 40, 40]


def test_a_merger_moves_the_stock_to_the_successor_until_its_own_photo(stage: Stage) -> None:
    take(stage, stock(REST | {"let": 100}), declaration())
    take(stage, stock(REST | {"let": 30}, siren=OTHER), *[
        move(OTHER, number=n, effective_on=f"2026-0{n}-10") for n in (1, 2)
    ], siren=OTHER)  # fmt: skip
    assert february(stage)[0] == ("all", 130, 100, 0)
    stage.connection.execute(
        "INSERT INTO core.landlord (siren, name) VALUES (%s, 'Un'), (%s, 'Deux')", (SIRENS[0], OTHER)
    )
    stage.connection.execute(
        "UPDATE core.landlord SET merged_into = %s, merged_on = '2026-02-01' WHERE siren = %s", (SIRENS[0], OTHER)
    )
    try:
        refresh(stage.connection)
        january = stage.rows(OBSERVED, "commune", "2026-01-01")
        assert january[0] == ("all", 130, 100, 0), "before the merger each covers itself"
        assert february(stage)[0] == ("all", 130, 130, 1), "then the successor covers both"
        landlords = "SELECT DISTINCT landlords FROM core.observed_month WHERE month = '2026-02-01'"
        assert stage.rows(landlords) == [(1,)]
        take(stage, stock(REST | {"let": 125}, stock_on="2026-02-01"))
        assert february(stage)[0] == ("all", 125, 125, 1), "its own photo has both"
        stage.assert_counters_equal_a_recount()
    finally:
        stage.connection.execute("DELETE FROM core.landlord WHERE siren = %s", (OTHER,))
        stage.connection.execute("DELETE FROM core.landlord")


def test_breakdowns_leave_technical_moves_out(stage: Stage) -> None:
    reasons = (
        "mutation_interne",
        "autre_bailleur",
        "relogement_npnru",
        "relogement_provisoire",
        "non_renseigne",
        "emploi",
    )
    out = [
        move(number=n, effective_on="2026-02-10", reason=reason, place="same_epci") for n, reason in enumerate(reasons)
    ]
    back = [
        move(number=10 + n, direction="in", effective_on="2026-02-10", reason=reason, place="elsewhere")
        for n, reason in enumerate(
            ("premiere_location", "mutation_interne", "relogement", "retour_relogement_provisoire")
        )
    ]
    take(stage, stock(REST | {"let": 100}), *out, *back, declaration())
    columns = (
        "departures, departures_same_landlord, departures_other_landlord, departures_rehoused, "
        "departures_reason_unknown, left_same_epci, arrivals, first_lettings, arrivals_same_landlord, "
        "arrivals_rehoused, came_elsewhere"
    )
    observed = (
        f"SELECT {columns} FROM core.observed_month JOIN core.territory USING (territory_id) "
        "WHERE level = 'region' AND part = 'all' AND month = '2026-02-01'"
    )
    assert stage.rows(observed) == [(5, 1, 1, 1, 1, 5, 3, 1, 1, 1, 3)]


def test_a_stock_out_of_all_measure_is_taken(stage: Stage) -> None:
    cells = [{"commune": code, "let": 10_000_000, "rooms": rooms} for code in ("31555", "31557") for rooms in
             ("T1", "T2", "T3", "T4", "T5", "T6+", "unknown")]  # fmt: skip
    take(stage, *(stock(*cells, siren=SIRENS[0], stock_on=f"2026-0{n}-01") for n in (1, 2)))
    assert months(stage, "region") == [140_000_000] * 3
