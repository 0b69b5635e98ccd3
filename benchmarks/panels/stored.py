"""The stored tables that panels read, filled for measurements: what is asked of them does not depend on the mask.

`nation` makes of the region a country of 1,600 quartiers over ten years: territories are copied, and the newest window
of each stands at each month.
"""

from datetime import date
from typing import Any

import psycopg

from schemas.indicators.measures import FLOWS, LEVELS, MEASURES
from schemas.indicators.sql import window_status_sql

COPIES = 14
"""Of each quartier, beside itself: 108 become 1,620."""
DECADE = (date(2016, 1, 1), date(2025, 12, 1))
SHOWN = f"""
INSERT INTO core.shown_window (territory_id, part, window_months, month, status, {", ".join(MEASURES)})
SELECT territory_id, part, window_months, month,
    {window_status_sql("observed_window", "months = window_months", "least_completeness")}, {", ".join(LEVELS)},
    {", ".join(f"CASE WHEN {name} = 0 OR {name} >= threshold THEN {name} END::integer" for name in FLOWS)}
FROM core.observed_window CROSS JOIN core.staff_rule
"""
PUBLISHED = f"""
INSERT INTO published.figure (vintage, territory_id, part, window_months, month, measure, value, status)
SELECT vintage, territory_id, part, window_months, month, measure, CASE WHEN n >= 11 OR n = 0 THEN n END,
    CASE WHEN n >= 11 OR n = 0 THEN status ELSE 'secret' END
FROM published.vintage
JOIN core.shown_window ON month BETWEEN vintage - interval '14 months' AND vintage - interval '2 months'
JOIN published.territory USING (territory_id)
CROSS JOIN LATERAL (VALUES {", ".join(f"('{name}', round({name})::integer)" for name in MEASURES)}) AS told (measure, n)
WHERE window_months = 12 AND status IN ('value', 'provisional')
"""
VINTAGES = """
INSERT INTO published.vintage (vintage, mode, rules, loss)
SELECT month, 'suppression', '{}', '{}' FROM core.calendar WHERE month BETWEEN %(end)s - interval '6 months' AND %(end)s
"""
TERRITORIES = """
INSERT INTO published.territory (territory_id, level, code, name, departement, longitude, latitude)
SELECT territory_id, level, code, name, departement, longitude, latitude FROM core.territory
WHERE level IN ('qpv_2024', 'epci', 'departement', 'region')
"""
NATION = (
    f"""
    CREATE TEMP TABLE clone AS
    SELECT territory_id AS from_id, level, code || copy AS code, name || ' ' || copy AS name, departement, statut,
        longitude, latitude
    FROM core.territory CROSS JOIN generate_series(1, {COPIES}) AS copy WHERE level = 'qpv_2024'
    """,
    """
    INSERT INTO core.territory (level, code, name, departement, statut, longitude, latitude)
    SELECT level, code, name, departement, statut, longitude, latitude FROM clone
    """,
    """
    INSERT INTO core.qpv_commune SELECT clone.code, commune FROM clone
    JOIN core.territory AS quartier ON territory_id = from_id JOIN core.qpv_commune ON qpv = quartier.code
    """,
    "CREATE TEMP TABLE copied AS SELECT from_id, territory_id FROM clone JOIN core.territory USING (level, code)",
    """
    INSERT INTO core.rolling_counter (territory_id, window_days, flow, n, landlord)
    SELECT copied.territory_id, window_days, flow, n, landlord
    FROM core.rolling_counter AS own JOIN copied ON from_id = own.territory_id
    """,
    """
    INSERT INTO core.stock_counter (territory_id, landlord, stock_on, inside_qpv, dwellings)
    SELECT copied.territory_id, landlord, stock_on, inside_qpv, dwellings
    FROM core.stock_counter AS own JOIN copied ON from_id = own.territory_id
    """,
    """
    INSERT INTO core.complete_through (territory_id, part, month)
    SELECT copied.territory_id, part, month FROM core.complete_through AS own JOIN copied ON from_id = own.territory_id
    """,
    f"""
    INSERT INTO core.observed_month (territory_id, part, month, landlords, declared_landlords, {", ".join(MEASURES)})
    SELECT copied.territory_id, part, month, landlords, declared_landlords, {", ".join(MEASURES)}
    FROM core.observed_month AS own JOIN copied ON from_id = own.territory_id
    """,
    f"""
    INSERT INTO core.shown_window (territory_id, part, window_months, month, status, {", ".join(MEASURES)})
    SELECT place.territory_id, part, window_months, calendar.month, status, {", ".join(MEASURES)}
    FROM (SELECT from_id, territory_id FROM copied
          UNION ALL SELECT territory_id, territory_id FROM core.territory) AS place
    JOIN core.complete_through ON complete_through.territory_id = from_id
    JOIN core.shown_window AS newest USING (part, month)
    JOIN core.calendar ON calendar.month BETWEEN %(since)s AND %(until)s
    WHERE newest.territory_id = from_id
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO core.shown_live
    SELECT copied.territory_id, window_days, part, as_of, departures, arrivals, solde, departures_status,
        arrivals_status
    FROM core.shown_live AS own JOIN copied ON from_id = own.territory_id
    """,
)


def fill(connection: psycopg.Connection[Any], end: date) -> None:
    """Fill what staff is shown and six vintages before `end` from the measures; the connection is the migrator's."""
    connection.execute(SHOWN.encode())
    connection.execute(TERRITORIES)
    connection.execute(VINTAGES, {"end": end})
    connection.execute(PUBLISHED.encode())


def nation(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """Make a country of the region; return how many quartiers and how many stored windows it has."""
    for statement in NATION:
        given = {"since": DECADE[0], "until": DECADE[1]} if "%(" in statement else None
        connection.execute(statement.encode(), given)
    ((quartiers,),) = connection.execute("SELECT count(*) FROM core.territory WHERE level = 'qpv_2024'").fetchall()
    ((windows,),) = connection.execute("SELECT count(*) FROM core.shown_window").fetchall()
    return quartiers, windows
