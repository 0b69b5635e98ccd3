"""Watch the quartiers and the declarations: hold the families that are due, confirm or lift what was raised.

Invariant: a quartier is tested once a month: in the month's first family, held once enough of it is declared or once
nothing more is awaited; or, where too little of its own was declared then, in a further one, once the month is settled
and enough is. Whatever else arrives confirms or lifts, and raises nothing. One worker at a time, in one transaction.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import psycopg

from schemas.alerts.kinds import SILENCE, UPLOAD
from streams.alerts.declaring import outcome, remarks
from streams.alerts.evidence import of_upload, told
from streams.alerts.family import RULES, VERSION, again, expectations, hold, stands, upload_of
from streams.alerts.inputs import Inputs, packed, read_inputs
from streams.alerts.register import Raised, change, raise_alert
from streams.detection.families import Level
from streams.measures.refresh import one_snapshot

TURN = 7_240_021
"""Advisory lock of a transaction: one worker watches at a time."""
FIRST_MONTHS = 12
"""So many months are looked at when nothing ever was."""
FIRST_WEEKS = 52
"""So many weeks of what landlords sent, likewise."""
FEW_MESSAGES = 100
"""With more than these to be read, what is known is not yet what was sent."""
LEVELS = {Level.WATCH: "watch", Level.ALERT: "alert"}
_DUE = """
SELECT month FROM core.observed_month JOIN core.territory USING (territory_id)
CROSS JOIN core.staff_rule CROSS JOIN core.settled CROSS JOIN core.window_state
WHERE level = 'qpv_2024' AND part = 'all' AND month < date_trunc('month', as_of::timestamp)
    AND month > coalesce((SELECT max(month) FROM core.alert_family),
        date_trunc('month', as_of::timestamp) - (%(first)s + 1) * interval '1 month')
GROUP BY month, least_completeness, through
HAVING sum(dwellings) >= least_completeness * sum(all_dwellings) AND sum(dwellings) > 0 OR month <= through
ORDER BY month
"""
# At most one further family a day: what landlords send one after the other is taken together.
_LATE = """
SELECT month, number + 1, awaited FROM core.alert_family CROSS JOIN core.settled CROSS JOIN core.window_state
WHERE number = (SELECT max(number) FROM core.alert_family AS newer WHERE newer.month = alert_family.month)
    AND month <= through AND held_on < as_of
    AND month > date_trunc('month', as_of::timestamp) - (%(first)s + 1) * interval '1 month'
    AND EXISTS (SELECT FROM core.observed_month AS now JOIN core.territory USING (territory_id)
        WHERE level = 'qpv_2024' AND part = 'all' AND now.month = alert_family.month AND code = ANY (awaited)
            AND all_dwellings > 0 AND dwellings >= %(least)s * all_dwellings)
ORDER BY month
"""
# A month is examined once: not while what landlords have sent already is still to be read.
_UNREAD = """
SELECT coalesce(sum(greatest(end_offset - coalesce(next_offset, 0), 0)), 0)::bigint
FROM core.topic_end LEFT JOIN core.ingest_offset USING (topic, partition)
WHERE starts_with(topic, 'tenancy.moves.')
"""
_FAMILY = """
INSERT INTO core.alert_family (month, number, run_id, held_on, tests, cut, untested, awaited)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
_RUN = """
INSERT INTO core.detection_run (as_of, taken_up_to, version, month, inputs)
SELECT today.as_of, taken_up_to, %s, %s, %s
FROM core.measure_state CROSS JOIN core.window_state AS today RETURNING run_id
"""
# Of quartiers, and of the landlords' uploads, which are found in a family too.
_OPEN = """
SELECT alert_id, kind, alert.month, code, landlord, alert.level, cut, alert.month <= through, evidence
FROM core.alert LEFT JOIN core.territory USING (territory_id)
JOIN core.alert_family ON (alert_family.month, number) = (alert.month, alert.family)
CROSS JOIN core.settled
WHERE state = 'provisional' AND (landlord IS NULL OR kind = 'upload') ORDER BY alert.month, alert_id
"""
_OPEN_ON_DECLARATIONS = """
SELECT alert_id, kind, landlord, raised_on, evidence FROM core.alert
WHERE state = 'provisional' AND landlord IS NOT NULL AND kind <> 'upload' ORDER BY alert_id
"""
# Of the two years of which windows of twelve months are shown, those of which nothing is kept.
_NOT_EXPECTED = """
SELECT month FROM core.calendar CROSS JOIN (SELECT max(month) AS last FROM core.alert_family) AS family
WHERE month > last - interval '24 months' AND month <= last
    AND month NOT IN (SELECT month FROM core.expected_month)
"""
_EXPECTED = """
INSERT INTO core.expected_month (month, measure, territory_id, expected, dwellings)
SELECT %(month)s, %(measure)s, territory_id, expected, dwellings
FROM unnest(%(codes)s::text[], %(expected)s::float8[], %(dwellings)s::float8[]) AS told (code, expected, dwellings)
JOIN core.territory USING (code) WHERE level = 'qpv_2024'
ON CONFLICT (territory_id, measure, month) DO NOTHING
"""


class Watched(NamedTuple):
    """What was done: months tested, alerts raised, alerts confirmed or lifted."""

    months: int = 0
    raised: int = 0
    changed: int = 0


@dataclass(frozen=True)
class _Turn:
    cursor: psycopg.Cursor[Any]
    today: date


def watch(connection: psycopg.Connection[Any]) -> Watched:
    """Look at what is due; return what was done. Nothing while another worker does it.

    Raises psycopg.Error if the database is away or refuses.
    """
    with one_snapshot(connection), connection.transaction(), connection.cursor() as cursor:
        if not cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (TURN,)).fetchall()[0][0]:
            return Watched()
        if cursor.execute(_UNREAD).fetchall()[0][0] > FEW_MESSAGES:
            return Watched()
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        today: date = cursor.execute("SELECT as_of FROM core.window_state").fetchall()[0][0]
        turn = _Turn(cursor, today)
        first = cursor.execute("SELECT NOT EXISTS (SELECT FROM core.alert_family)").fetchall()[0][0]
        due = [month for (month,) in cursor.execute(_DUE, {"first": FIRST_MONTHS}).fetchall()]
        late = cursor.execute(_LATE, {"first": FIRST_MONTHS, "least": RULES.coverage}).fetchall()
        raised = sum(_hold(turn, month) for month in due)
        raised += sum(_hold(turn, month, number, awaited) for month, number, awaited in late)
        if due:
            for (month,) in cursor.execute(_NOT_EXPECTED).fetchall():
                _keep_expectations(turn.cursor, read_inputs(turn.cursor, month))
        changed = _look_again(turn)
        told, settled = _watch_declarations(turn, FIRST_WEEKS if due and first else 0)
        return Watched(len(due) + len(late), raised + told, changed + settled)


def _hold(turn: _Turn, month: date, number: int = 1, among: Sequence[str] | None = None) -> int:
    """Hold a family of a month, of all quartiers or some; return the alerts raised."""
    inputs = read_inputs(turn.cursor, month)
    family = hold(inputs, among)
    run = _keep(turn.cursor, inputs)
    untested, awaited = json.dumps(dict(family.untested)), list(family.awaited)
    held = (month, number, run, turn.today, family.tests, family.cut, untested, awaited)
    turn.cursor.execute(_FAMILY, held)
    _keep_expectations(turn.cursor, inputs)
    new = [
        Raised(
            signal.kind, month, inputs.codes[signal.series], None, LEVELS[signal.level], told(inputs, signal), number
        )
        for signal in family.signals
    ]
    new += [
        Raised(UPLOAD, month, None, one.zone.name, LEVELS[Level.ALERT], of_upload(inputs, one))
        for one in family.uploads
    ]
    return sum(raise_alert(turn.cursor, one, run, turn.today) is not None for one in new)


def _look_again(turn: _Turn) -> int:
    """Test again what is provisional, on what is known now; return how many were confirmed or lifted."""
    known: dict[date, Inputs] = {}
    runs: dict[date, int] = {}
    changed = 0
    for alert, kind, month, code, landlord, level, cut, settled, earlier in turn.cursor.execute(_OPEN).fetchall():
        if month not in known:
            known[month] = read_inputs(turn.cursor, month)
        if landlord is not None:
            still, evidence_now = _upload_again(known[month], landlord, earlier)
        elif (signal := again(known[month], kind, code)) is None:
            continue
        else:
            raised_at = Level.ALERT if level == LEVELS[Level.ALERT] else Level.WATCH
            still, evidence_now = stands(signal, raised_at, cut), told(known[month], signal)
        if still and not settled:
            continue
        if month not in runs:
            runs[month] = _keep(turn.cursor, known[month])
        change(turn.cursor, alert, "confirmed" if still else "lifted", evidence_now, runs[month], turn.today)
        changed += 1
    return changed


def _upload_again(inputs: Inputs, landlord: str, earlier: Mapping[str, Any]) -> tuple[bool, Mapping[str, Any]]:
    """Return whether a landlord's excess is still an upload's, and its evidence: the earlier one where it is not."""
    found = upload_of(inputs, landlord)
    return (True, of_upload(inputs, found)) if found else (False, earlier)


def _watch_declarations(turn: _Turn, weeks_back: int) -> tuple[int, int]:
    """Raise what is unusual in what landlords send, of past weeks too, end what was raised; return both numbers."""
    days = [turn.today - timedelta(days=7 * week) for week in range(weeks_back, -1, -1)]
    raised = changed = 0
    for day in days:
        open_now = {(kind, landlord) for _, kind, landlord, *_ in turn.cursor.execute(_OPEN_ON_DECLARATIONS).fetchall()}
        new = remarks(turn.cursor, day)
        for one in new:
            if (one.kind, one.landlord) not in open_now:
                alert = Raised(one.kind, day.replace(day=1), None, one.landlord, LEVELS[Level.ALERT], one.evidence)
                raised += raise_alert(turn.cursor, alert, None, day) is not None
        changed += _end_remarks(turn, day, {(one.kind, one.landlord) for one in new})
    return raised, changed


def _end_remarks(turn: _Turn, day: date, held: set[tuple[str, str]]) -> int:
    """Lift or confirm what was said of landlords' declarations, on what is known on a day; return how many."""
    changed = 0
    for alert, kind, landlord, raised_on, earlier in turn.cursor.execute(_OPEN_ON_DECLARATIONS).fetchall():
        if kind == SILENCE:
            state, evidence_now = (None if (kind, landlord) in held else "lifted"), earlier
        else:
            state, evidence_now = outcome(turn.cursor, kind, landlord, raised_on, earlier, day)
        if state:
            change(turn.cursor, alert, state, evidence_now, None, day)
            changed += 1
    return changed


def _keep_expectations(cursor: psycopg.Cursor[Any], inputs: Inputs) -> None:
    """Write what was expected of each quartier with a verdict."""
    for measure, expected in expectations(inputs).items():
        given = np.flatnonzero(np.isfinite(expected))
        asked = {
            "month": inputs.month,
            "measure": measure,
            "codes": [inputs.codes[series] for series in given],
            "expected": expected[given].tolist(),
            "dwellings": inputs.declared[given, -1].tolist(),
        }
        cursor.execute(_EXPECTED, asked)


def _keep(cursor: psycopg.Cursor[Any], inputs: Inputs) -> int:
    found: int = cursor.execute(_RUN, (VERSION, inputs.month, packed(inputs))).fetchall()[0][0]
    return found
