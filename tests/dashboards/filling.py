"""What staff is shown, filled for tests by slow queries with a trivial mask.

What staff is shown is protected by `streams/secrecy`; here a count of 1 to 4 is simply null, and where a part of a
territory is null so are its other parts and its whole.
"""

from runtime.database import connect
from runtime.settings import Settings
from schemas.indicators.measures import FLOWS, LEVELS, MEASURES
from streams.measures.refresh import recount

SHOWN = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status,
    {", ".join(MEASURES)})
SELECT territory_id, part, window_months, month,
    CASE WHEN months < window_months THEN 'no_data' WHEN all_dwellings = 0 THEN 'not_covered'
        WHEN dwellings = 0 THEN 'no_data' WHEN dwellings < least_completeness * all_dwellings THEN 'provisional'
        ELSE 'value' END, {", ".join(LEVELS)},
    {
    ", ".join(
        f"CASE WHEN bool_and({name} = 0 OR {name} >= threshold) OVER same THEN {name} END::integer" for name in FLOWS
    )
}
FROM core.observed_window CROSS JOIN core.staff_rule
WINDOW same AS (PARTITION BY territory_id, window_months, month)
"""

def fill(settings: Settings) -> None:
    """Bring the measures up to date, and write the tables that hang on them anew."""
    with connect(settings, "ingest") as connection:
        recount(connection)
    with connect(settings, "migrator") as connection:
        connection.execute("TRUNCATE core.shown_window")
        connection.execute(SHOWN.encode())
