"""The refresh: whatever was recorded and wherever it was cut, the measures are those of a recount."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.measures.refresh import recount, refresh
from tests.streams.histories import EVENT_SETS, History, arrivals
from tests.streams.stage import SIRENS, TODAY, Stage

pytestmark = pytest.mark.services
EXAMPLES = settings(
    derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
MERGE = "UPDATE core.landlord SET merged_into = %s, merged_on = %s WHERE siren = %s AND merged_into IS NULL"
MERGED_ON = ("2025-06-15", "2026-01-01", "2026-02-14")
GRAINS = {
    "core.cell_month": "core.cell_month_recount",
    "core.landlord_month": "core.landlord_month_recount",
    "core.observed_month": "core.observed_month_recount",
}

COMPUTED = ("core.median_window", "core.survival", "core.complete_through")
"""Tables that no view recounts."""


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
    stage.connection.execute("DELETE FROM core.landlord WHERE merged_into IS NOT NULL")
    stage.connection.execute("DELETE FROM core.landlord")
    stage.connection.execute("INSERT INTO core.landlord (siren, name) VALUES (%s, 'Un'), (%s, 'Deux')", SIRENS)
    refresh(stage.connection)
    for _, start, end in history.takes:
        stage.take(*(delivery.message for delivery in history.deliveries[start:end]))
        if data.draw(st.integers(0, 4)) == 4:
            stage.connection.execute(MERGE, (SIRENS[0], data.draw(st.sampled_from(MERGED_ON)), SIRENS[1]))
        if data.draw(st.booleans()):
            refresh(stage.connection)
            assert_equal_to_recount(stage)
    refresh(stage.connection)
    assert_equal_to_recount(stage)
    kept = [sorted(stage.rows(f"TABLE {table}"), key=str) for table in COMPUTED]
    recount(stage.connection)
    assert kept == [sorted(stage.rows(f"TABLE {table}"), key=str) for table in COMPUTED]
