"""A landlord that sends counts is not covered by what needs the link between moves: neither nought, nor at risk."""

import pytest

from operations.verify import verify
from streams.measures.refresh import refresh
from tests.streams.stage import SIRENS, Stage, counts, declaration, message, move, stock

pytestmark = pytest.mark.services
ROWS, COUNTS = SIRENS
PLACE = {"commune": "31555", "qpv_2024": "QN03107M", "qpv_2015": "QP031007"}
LINKED = """
SELECT dwellings, relet_dwellings_12_months, notices FROM core.{} JOIN core.territory USING (territory_id)
WHERE code = 'QN03107M' AND part = 'all' AND month = '2026-02-01'
"""


def test_its_dwellings_are_in_no_denominator_of_the_reletting_rate(stage: Stage) -> None:
    declared = {"complete_from": "2026-01-01", "complete_through": "2026-02-28"}
    moved = {"direction": "in", "effective_on": "2026-02-10", "reason": "relocation", **PLACE}
    stage.take(
        message(0, [stock({**PLACE, "let": 100}), declaration(**declared), move(ROWS, 1, **moved)]),
        message(
            0,
            [
                stock({**PLACE, "let": 40}, siren=COUNTS),
                counts({**PLACE, "direction": "in", "reason": "relocation", "count": 3}, siren=COUNTS),
                declaration(COUNTS, **declared),
            ],
            siren=COUNTS,
        ),
    )
    refresh(stage.connection)
    assert stage.rows(LINKED.format("observed_month")) == [(140, 1, 0)]
    assert stage.rows(LINKED.format("linked_month")) == [(100, 1, 0)]
    assert verify(stage.connection).equal


def test_where_everybody_sends_moves_nothing_is_taken_away(stage: Stage) -> None:
    stage.take(
        message(0, [stock({**PLACE, "let": 100}), declaration(complete_from="2026-01-01"), move(ROWS, 1, **PLACE)])
    )
    refresh(stage.connection)
    assert stage.rows("SELECT count(*) FROM core.unlinked_month") == [(0,)]
    assert stage.rows(LINKED.format("linked_month")) == stage.rows(LINKED.format("observed_month")) == [(100, 0, 0)]
