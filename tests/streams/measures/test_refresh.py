"""The refresh: whatever was recorded and wherever it was cut, the measures are those of a recount."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.measures.refresh import refresh
from tests.streams.histories import EVENT_SETS, History, arrivals
from tests.streams.stage import TODAY, Stage

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
GRAINS = {
    "core.cell_month": "core.cell_month_recount",
    "core.landlord_month": "core.landlord_month_recount",
    "core.observed_month": "core.observed_month_recount",
}


def assert_equal_to_recount(stage: Stage) -> None:
    """Fail with the rows if a measure is not its recount."""
    for table, view in GRAINS.items():
        differing = stage.rows(f"(TABLE {table} EXCEPT TABLE {view}) UNION ALL (TABLE {view} EXCEPT TABLE {table})")
        assert differing == [], table


@settings(EXAMPLES, max_examples=60)
@given(data=st.data())
def test_measures_equal_their_recount_wherever_refreshes_cut_the_history(stage: Stage, data: st.DataObject) -> None:
    history: History = data.draw(EVENT_SETS.flatmap(arrivals))
    stage.restart(TODAY)
    refresh(stage.connection)
    for _, start, end in history.takes:
        stage.take(*(delivery.message for delivery in history.deliveries[start:end]))
        if data.draw(st.booleans()):
            refresh(stage.connection)
            assert_equal_to_recount(stage)
    refresh(stage.connection)
    assert_equal_to_recount(stage)
