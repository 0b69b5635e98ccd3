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
SURVIVAL = """
INSERT INTO core.survival (territory_id, part, cohort, age_years, at_risk, exits, survival, lower, upper)
SELECT territory_id, part, cohort, age, dwellings, departures / age, 0.9 ^ age, 0.9 ^ age - 0.02, 0.9 ^ age + 0.02
FROM core.observed_window
JOIN core.complete_through USING (territory_id, part, month)
CROSS JOIN generate_series(1, 12) AS age
CROSS JOIN (VALUES ('toutes'), ('2024')) AS cohorts (cohort)
WHERE window_months = 12
"""
EVERY_TABLE = "core.shown_window, core.survival"


def fill(settings: Settings) -> None:
    """Bring the measures up to date, and write the tables that hang on them anew."""
    with connect(settings, "ingest") as connection:
        recount(connection)
    with connect(settings, "migrator") as connection:
        connection.execute(f"TRUNCATE {EVERY_TABLE}")
        for statement in (SHOWN, SURVIVAL):
            connection.execute(statement.encode())
