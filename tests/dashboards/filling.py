"""What staff is shown, filled for tests by slow queries with a trivial mask.

What staff is shown is protected by `streams/secrecy`; here a count of 1 to 4 is simply null, and where a part of a
territory is null so are its other parts and its whole.
"""

from runtime.database import connect
from runtime.settings import Settings
from schemas.indicators.measures import FLOWS, LEVELS, MEASURES
from streams.measures.refresh import recount

PART = "CASE WHEN inside_qpv THEN 'qpv' WHEN NOT inside_qpv THEN 'hors_qpv' ELSE 'non_localise' END"
PARTS = "LATERAL (VALUES ('all'), (place_part)) AS parts (part)"
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
MEDIANS = f"""
INSERT INTO core.median_window (territory_id, part, month, measure, n, median, lower, upper, q1, q3)
SELECT territory_id, part, last.month, measure, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY value),
    percentile_cont(0.4) WITHIN GROUP (ORDER BY value), percentile_cont(0.6) WITHIN GROUP (ORDER BY value),
    percentile_cont(0.25) WITHIN GROUP (ORDER BY value), percentile_cont(0.75) WITHIN GROUP (ORDER BY value)
FROM (
    SELECT cell_id, effective_on, 'tenure_months' AS measure, (effective_on - tenancy_started_on) / 30.4 AS value
    FROM core.counted WHERE tenancy_started_on IS NOT NULL
    UNION ALL
    SELECT cell_id, effective_on, 'void_days', effective_on - lag(effective_on) OVER (PARTITION BY dwelling
        ORDER BY effective_on)
    FROM core.move WHERE status = 'effective'
) AS told
JOIN (SELECT *, {PART} AS place_part FROM core.cell) AS cell USING (cell_id)
JOIN core.cell_territory USING (cell_id)
CROSS JOIN {PARTS}
JOIN core.complete_through AS last USING (territory_id, part)
WHERE value > 0 AND effective_on >= last.month - interval '11 months' AND effective_on < last.month + interval '1 month'
GROUP BY 1, 2, 3, 4
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
EVERY_TABLE = "core.shown_window, core.median_window, core.survival"


def fill(settings: Settings) -> None:
    """Bring the measures up to date, and write the tables that hang on them anew."""
    with connect(settings, "ingest") as connection:
        recount(connection)
    with connect(settings, "migrator") as connection:
        connection.execute(f"TRUNCATE {EVERY_TABLE}")
        for statement in (SHOWN, MEDIANS, SURVIVAL):
            connection.execute(statement.encode())
