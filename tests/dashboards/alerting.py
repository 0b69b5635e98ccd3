"""Alerts for the tests of dashboards and rules: of each kind, level and state, on months of the simulated region."""

from datetime import date
from typing import Any

import psycopg

from runtime.database import connect
from runtime.settings import Settings
from streams.alerts.register import Raised, change, raise_alert, say

MONTHS = 14
LAST = date(2025, 10, 1)
RUN = """
INSERT INTO core.detection_run (as_of, taken_up_to, version, month, inputs)
VALUES (%(month)s, 0, 'test', %(month)s, '') RETURNING run_id
"""
FAMILY = """
INSERT INTO core.alert_family (month, run_id, tests, cut, untested, held_on, awaited)
VALUES (%s, %s, 540, 0.0004, '{"no_verdict:coverage_below_half": 2}', '2026-01-01', '{}')
"""
EXPECTED = """
INSERT INTO core.expected_month (month, measure, territory_id, expected, dwellings)
SELECT month, measure, territory_id, greatest(n, 1) * 0.9, dwellings
FROM core.observed_month JOIN core.territory USING (territory_id)
CROSS JOIN LATERAL (VALUES ('departures', departures - departures_rehoused), ('arrivals', arrivals - arrivals_rehoused),
    ('notices', notices)) AS counted (measure, n)
WHERE level = 'qpv_2024' AND part = 'all' AND dwellings > 0 AND month BETWEEN %s - interval '13 months' AND %s
"""
SENTENCE = "Signal statistique ; cause non établie."


def evidence(p: float = 0.0004, ratio: float = 2.2) -> dict[str, Any]:
    """Return the evidence of a quartier with two neighbours, of which one is as high; its counts are told to nobody."""
    neighbours = [{"code": "QN1", "ratio": 1.6}, {"code": "QN2", "ratio": 0.6}]
    told = {"message_fr": SENTENCE, "size_fr": "de 2 à 3 fois l'attendu", "p": p, "ratio": ratio, "coverage": 0.914}
    return told | {"count": 3, "expected": 1.3, "neighbours": neighbours}


def months_before(month: date, back: int) -> date:
    """Return the month so many months before."""
    number = 12 * month.year + month.month - 1 - back
    return date(number // 12, number % 12 + 1, 1)


def quartier(
    cursor: psycopg.Cursor[Any],
    code: str,
    month: date = LAST,
    kind: str = "departures_up",
    level: str = "alert",
    state: str = "provisional",
    **changes: float,
) -> int:
    """Raise an alert on a quartier, let it become confirmed or lifted, and return its number."""
    told = evidence(**changes)
    number = raise_alert(cursor, Raised(kind, month, code, None, level, told), None, date(2025, 11, 20))
    assert number is not None
    if state != "provisional":
        change(cursor, number, state, told, None, date(2025, 12, 20))
    return number


def landlord(
    cursor: psycopg.Cursor[Any], siren: str, kind: str = "silence", state: str = "provisional", day: str = "2025-12-10"
) -> int:
    """Raise an alert on a landlord's declarations, and return its number."""
    told = {"message_fr": "Déclaration attendue et non reçue : rien n'est dit des quartiers."}
    on = date.fromisoformat(day)
    number = raise_alert(cursor, Raised(kind, on.replace(day=1), None, siren, "alert", told), None, on)
    assert number is not None
    if state != "provisional":
        change(cursor, number, state, told, None, on)
    return number


def write_alerts(settings: Settings) -> None:
    """Examine fourteen months, and raise alerts of every sort."""
    with connect(settings, "ingest", autocommit=True) as connection, connection.cursor() as cursor:
        for back in range(MONTHS):
            month = months_before(LAST, back)
            run = cursor.execute(RUN, {"month": month}).fetchall()[0][0]
            cursor.execute(FAMILY, (month, run))
        cursor.execute(EXPECTED, (LAST, LAST))
        sirens = [siren for (siren,) in cursor.execute("SELECT siren FROM core.landlord ORDER BY 1 LIMIT 2").fetchall()]
        quartier(cursor, "QN03001I")
        quartier(cursor, "QN03001I", kind="arrivals_down", level="watch", p=0.003, ratio=0.4)
        dismissed = quartier(cursor, "QN03107M", months_before(LAST, 1), state="confirmed")
        quartier(cursor, "QN03107M", months_before(LAST, 2), state="confirmed", p=0.00001)
        quartier(cursor, "QN03003M", months_before(LAST, 2), state="lifted")
        quartier(cursor, "QN03003M", months_before(LAST, 3), level="watch", state="confirmed", p=0.007)
        landlord(cursor, sirens[0])
        landlord(cursor, sirens[1], "burst", "confirmed", "2025-09-03")
        landlord(cursor, sirens[1], "silence", "lifted", "2025-08-03")
        say(connection, dismissed, "dismissed", "immeuble vidé", "Léa")
