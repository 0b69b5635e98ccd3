"""What staff is shown, filled for tests by slow queries with a trivial mask.

What staff is shown is protected by `streams/secrecy`; here a count of 1 to 4 is simply null, and where a part of a
territory is null so are its other parts and its whole.
"""

from datetime import date

from runtime.database import connect
from runtime.settings import Settings
from schemas.indicators.measures import FLOWS, LEVELS, MEASURES
from schemas.indicators.sql import window_status_sql
from streams.measures.refresh import recount
from streams.publication.findings import tell_findings

SHOWN = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status,
    {", ".join(MEASURES)})
SELECT territory_id, part, window_months, month,
    {window_status_sql("observed_window", "months = window_months", "least_completeness")}, {", ".join(LEVELS)},
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
        tell_findings(connection)
    with connect(settings, "migrator") as connection:
        connection.execute("TRUNCATE core.shown_window")
        connection.execute(SHOWN.encode())


TERRITORIES = """
INSERT INTO published.territory (territory_id, level, code, name, departement, longitude, latitude)
SELECT territory_id, level, code, name, departement, longitude, latitude FROM core.territory
WHERE level IN ('qpv_2024', 'departement', 'region')
"""
VINTAGE = "INSERT INTO published.vintage (vintage, mode, rules, loss) VALUES (%(vintage)s, 'suppression', '{}', '{}')"
FIGURES = f"""
INSERT INTO published.figure (vintage, territory_id, part, window_months, month, measure, value, status)
SELECT %(vintage)s, territory_id, part, window_months, month, measure, CASE WHEN n >= 11 OR n = 0 THEN n END,
    CASE WHEN n >= 11 OR n = 0 THEN status ELSE 'secret' END
FROM core.shown_window JOIN published.territory USING (territory_id)
CROSS JOIN LATERAL (VALUES {", ".join(f"('{name}', round({name})::integer)" for name in MEASURES)}) AS told (measure, n)
WHERE window_months = 12 AND status IN ('value', 'provisional')
    AND month BETWEEN %(vintage)s::date - interval '4 months' AND %(vintage)s::date - interval '2 months'
"""
VINTAGES = (date(2025, 11, 1), date(2025, 12, 1))


def publish(settings: Settings) -> None:
    """Freeze two vintages of what staff is shown, every count under 11 a secret: no complementary suppression."""
    with connect(settings, "migrator") as connection:
        connection.execute("TRUNCATE published.figure, published.vintage, published.territory")
        connection.execute(TERRITORIES)
        for vintage in VINTAGES:
            connection.execute(VINTAGE.encode(), {"vintage": vintage})
            connection.execute(FIGURES.encode(), {"vintage": vintage})
