"""A landlord's dwellings in another région are out of the observatory's field: no error, and nothing counted."""

import pytest

from tests.streams.stage import Stage, counts, message, move, stock

pytestmark = pytest.mark.services
BORDEAUX, UNKNOWN, TOULOUSE = "33063", "31999", "31555"


def test_a_move_in_another_region_is_out_of_scope_and_leaves_no_row(stage: Stage) -> None:
    stage.take(message(0, [move(number=1, commune=BORDEAUX), move(number=2, commune="2A004"), move(number=3)]))
    assert stage.rows("SELECT outcome, n FROM core.tally ORDER BY 1") == [("applied", 1), ("out_of_scope", 2)]
    assert stage.rows("SELECT commune FROM core.move JOIN core.cell USING (cell_id)") == [(TOULOUSE,)]


def test_a_commune_that_the_region_does_not_have_is_still_refused(stage: Stage) -> None:
    stage.take(message(0, [move(commune=UNKNOWN)]))
    assert stage.rows("SELECT reason FROM core.quarantine") == [("unknown_commune",)]


def test_a_quartier_that_nobody_knows_is_refused_in_any_region(stage: Stage) -> None:
    stage.take(message(0, [move(commune=BORDEAUX, qpv_2024="QN03199N")]))
    assert stage.rows("SELECT reason FROM core.quarantine") == [("unknown_qpv",)]


def test_a_stock_and_counts_keep_their_cells_of_the_region(stage: Stage) -> None:
    cells = [{"commune": commune, "let": 10} for commune in (BORDEAUX, TOULOUSE)]
    counted = [{"commune": commune, "direction": "out", "count": 10} for commune in (BORDEAUX, TOULOUSE)]
    stage.take(message(0, [stock(*cells), counts(*counted)]))
    assert stage.rows("SELECT commune FROM core.stock_cell JOIN core.cell USING (cell_id)") == [(TOULOUSE,)]
    assert stage.rows("SELECT commune FROM core.counts_cell JOIN core.cell USING (cell_id)") == [(TOULOUSE,)]
    stage.assert_counters_equal_a_recount()
