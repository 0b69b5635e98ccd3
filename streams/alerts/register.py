"""Where alerts are kept: raised once, then confirmed or lifted, each step with its evidence and told on
`mobility.alerts`.

Invariant: an alert, its step and its message are written in one transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from runtime.topics import ALERTS
from schemas.alerts import ALERT, AlertEvent, AlertStep
from schemas.events.receipts import SOURCE

_RAISE = """
INSERT INTO core.alert
    (kind, month, family, territory_id, landlord, level, state, run_id, evidence, raised_on, changed_on)
VALUES (%(kind)s, %(month)s, %(family)s,
    (SELECT territory_id FROM core.territory WHERE (level, code) = ('qpv_2024', %(code)s)),
    %(landlord)s, %(level)s, %(state)s, %(run)s, %(evidence)s, %(today)s, %(today)s)
ON CONFLICT (kind, month, territory_id, landlord) DO NOTHING
RETURNING alert_id
"""
_CHANGE = """
UPDATE core.alert SET state = %(state)s, run_id = coalesce(%(run)s, run_id), evidence = %(evidence)s,
    changed_on = %(today)s
WHERE alert_id = %(alert)s
"""
_STEP = """
INSERT INTO core.alert_step (alert_id, step, at, state, run_id, evidence)
SELECT alert_id, 1 + (SELECT count(*) FROM core.alert_step AS earlier WHERE earlier.alert_id = alert.alert_id),
    %(today)s, state, run_id, evidence
FROM core.alert WHERE alert_id = %(alert)s
RETURNING step
"""
_TELL = """
INSERT INTO core.outbox (topic, message_id, payload) VALUES (%s, %s, %s)
"""
_TOLD = """
SELECT kind, month, alert.level, state, territory.code, territory.name, territory.departement,
    ARRAY(SELECT commune FROM core.qpv_commune WHERE qpv = territory.code ORDER BY 1), alert.landlord, evidence
FROM core.alert LEFT JOIN core.territory USING (territory_id) WHERE alert_id = %s
"""


@dataclass(frozen=True)
class Raised:
    """A new alert: of a quartier (`code`), raised in a family of its month, or on a landlord's declarations."""

    kind: str
    month: date
    code: str | None
    landlord: str | None
    level: str
    evidence: Mapping[str, Any]
    family: int = 1


def raise_alert(cursor: psycopg.Cursor[Any], new: Raised, run: int | None, today: date) -> int | None:
    """Write a new alert, provisional; return its number, None if it was raised before."""
    row = cursor.execute(
        _RAISE,
        {
            "kind": new.kind,
            "month": new.month,
            "family": new.family,
            "code": new.code,
            "landlord": new.landlord,
            "level": new.level,
            "state": "provisional",
            "run": run,
            "evidence": json.dumps(new.evidence),
            "today": today,
        },
    ).fetchone()
    if row is None:
        return None
    _note(cursor, row[0], today)
    return int(row[0])


def change(
    cursor: psycopg.Cursor[Any], alert: int, state: str, evidence: Mapping[str, Any], run: int | None, today: date
) -> None:
    """Note what became of an alert."""
    asked = {"alert": alert, "state": state, "evidence": json.dumps(evidence), "run": run, "today": today}
    cursor.execute(_CHANGE, asked)
    _note(cursor, alert, today)


def _note(cursor: psycopg.Cursor[Any], alert: int, today: date) -> None:
    """Write a step of an alert, and its message."""
    step: int = cursor.execute(_STEP, {"alert": alert, "today": today}).fetchall()[0][0]
    told = cursor.execute(_TOLD, (alert,)).fetchall()[0]
    kind, month, level, state, code, name, departement, communes, landlord, evidence = told
    event = AlertEvent(
        specversion="1.0",
        id=f"{alert}-{step}",
        source=SOURCE,
        type=ALERT,
        subject=str(alert),
        data=AlertStep(
            alert_id=alert,
            step=step,
            on=today,
            kind=kind,
            month=month.isoformat()[:7],
            level=level,
            state=state,
            code=code,
            name=name,
            departement=departement,
            communes=communes,
            landlord=landlord,
            evidence=evidence,
        ),
    )
    cursor.execute(_TELL, (ALERTS, event.id, event.model_dump_json().encode()))


def read_steps(connection: psycopg.Connection[Any], alert: int) -> tuple[tuple[int, date, str], ...]:
    """Return the steps of an alert: number, day, state."""
    asked = "SELECT step, at, state FROM core.alert_step WHERE alert_id = %s ORDER BY step"
    return tuple(connection.execute(asked, (alert,)).fetchall())


def say(connection: psycopg.Connection[Any], alert: int, verdict: str, reason: str | None, by: str) -> None:
    """Keep what staff says of an alert: `acknowledged`, or `dismissed` with a reason.

    Raises LookupError if there is no such alert.
    """
    try:
        connection.execute(
            "INSERT INTO core.alert_feedback (alert_id, said_by, verdict, reason) VALUES (%s, %s, %s, %s)",
            (alert, by, verdict, reason),
        )
    except psycopg.errors.ForeignKeyViolation as error:
        raise LookupError(f"no alert {alert}") from error
