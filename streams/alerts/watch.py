"""Watch the quartiers and the declarations: hold the families that are due, confirm or lift what was raised.

Invariant: a month has a first family, held once enough of it is declared, or once nothing more is awaited; and then, if
it was held before that, a second one, of what had no verdict for want of coverage. No quartier and kind is in both.
Whatever else arrives later confirms or lifts alerts, and raises none. One worker at a time, in one transaction.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import psycopg

from schemas.alerts.kinds import SILENCE, UPLOAD, kind_of
from schemas.alerts.wording import of_declarations, of_quartier, size
from streams.alerts.declaring import remarks
from streams.alerts.family import (
    VERSION,
    Family,
    Signal,
    Wanting,
    again,
    cell_expectations,
    evidence,
    hold,
    stands,
    wanting,
)
from streams.alerts.inputs import Inputs, packed, read_inputs, unpacked
from streams.alerts.register import Raised, change, raise_alert
from streams.detection.families import Level
from streams.measures.refresh import one_snapshot

TURN = 7_240_021
"""Advisory lock of a transaction: one worker watches at a time."""
FIRST_MONTHS = 12
"""So many months are looked at when nothing ever was."""
LEVELS = {Level.WATCH: "watch", Level.ALERT: "alert"}
_DUE = """
SELECT month, month <= through FROM core.observed_month JOIN core.territory USING (territory_id)
CROSS JOIN core.staff_rule CROSS JOIN core.settled CROSS JOIN core.window_state
WHERE level = 'qpv_2024' AND part = 'all' AND month < date_trunc('month', as_of::timestamp)
    AND month > coalesce((SELECT max(month) FROM core.alert_family),
        date_trunc('month', as_of::timestamp) - (%(first)s + 1) * interval '1 month')
GROUP BY month, least_completeness, through
HAVING sum(dwellings) >= least_completeness * sum(all_dwellings) AND sum(dwellings) > 0 OR month <= through
ORDER BY month
"""
_DUE_AGAIN = """
SELECT month, inputs FROM core.alert_family AS first JOIN core.detection_run USING (run_id, month)
CROSS JOIN core.settled
WHERE month <= through AND NOT final
    AND NOT EXISTS (SELECT FROM core.alert_family AS second WHERE second.month = first.month AND second.final)
ORDER BY month
"""
_FAMILY = """
INSERT INTO core.alert_family (month, final, run_id, tests, cut, untested) VALUES (%s, %s, %s, %s, %s, %s)
"""
_RUN = """
INSERT INTO core.detection_run (as_of, taken_up_to, version, month, inputs)
SELECT today.as_of, taken_up_to, %s, %s, %s
FROM core.measure_state CROSS JOIN core.window_state AS today RETURNING run_id
"""
# The family of an alert is that of the run which raised it.
_OPEN = """
SELECT alert.alert_id, kind, alert.month, code, alert.level, cut, alert.month <= through
FROM core.alert JOIN core.territory USING (territory_id)
JOIN core.alert_step AS raised ON raised.alert_id = alert.alert_id AND step = 1
JOIN core.alert_family AS family ON family.run_id = raised.run_id
CROSS JOIN core.settled
WHERE alert.state = 'provisional' ORDER BY alert.month, alert.alert_id
"""
_OPEN_ON_DECLARATIONS = """
SELECT alert_id, kind, landlord, evidence FROM core.alert WHERE state = 'provisional' AND landlord IS NOT NULL
"""


class Watched(NamedTuple):
    """What was done: months tested for the first time, alerts raised, alerts confirmed or lifted."""

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
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'")
        today: date = cursor.execute("SELECT as_of FROM core.window_state").fetchall()[0][0]
        turn = _Turn(cursor, today)
        due = cursor.execute(_DUE, {"first": FIRST_MONTHS}).fetchall()
        raised = sum(_hold(turn, month, final) for month, final in due)
        again_due = cursor.execute(_DUE_AGAIN).fetchall()
        raised += sum(_hold(turn, month, True, wanting(unpacked(bytes(kept)))) for month, kept in again_due)
        changed = _look_again(turn)
        told, settled = _watch_declarations(turn)
        return Watched(len(due), raised + told, changed + settled)


def _hold(turn: _Turn, month: date, final: bool, only: Wanting | None = None) -> int:
    """Hold a family of a month, of all or of what it is left to test, the last one or not; return the alerts raised."""
    inputs = read_inputs(turn.cursor, month)
    family = hold(inputs, only)
    run = _keep(turn.cursor, inputs)
    kept = (month, final, run, family.tests, family.cut, json.dumps(dict(family.untested)))
    turn.cursor.execute(_FAMILY, kept)
    new = [
        Raised(signal.kind, month, inputs.codes[signal.series], None, LEVELS[signal.level], told(inputs, signal))
        for signal in family.signals
    ]
    new += [
        Raised(UPLOAD, month, None, one.zone.name, LEVELS[Level.ALERT], _of_upload(inputs, family, one.zone.name))
        for one in family.uploads
    ]
    return sum(raise_alert(turn.cursor, one, run, turn.today) is not None for one in new)


def _look_again(turn: _Turn) -> int:
    """Test again what is provisional, on what is known now; return how many were confirmed or lifted."""
    known: dict[date, Inputs] = {}
    runs: dict[date, int] = {}
    changed = 0
    for alert, kind, month, code, level, cut, settled in turn.cursor.execute(_OPEN).fetchall():
        if month not in known:
            known[month] = read_inputs(turn.cursor, month)
        signal = again(known[month], kind, code)
        if signal is None:
            continue
        raised_at = Level.ALERT if level == LEVELS[Level.ALERT] else Level.WATCH
        if (still := stands(signal, raised_at, cut)) and not settled:
            continue
        if month not in runs:
            runs[month] = _keep(turn.cursor, known[month])
        state = "confirmed" if still else "lifted"
        change(turn.cursor, alert, state, told(known[month], signal), runs[month], turn.today)
        changed += 1
    return changed


def _watch_declarations(turn: _Turn) -> tuple[int, int]:
    """Raise what is unusual in what landlords send, lift silences that ended; return both numbers."""
    found = {(one.kind, one.landlord): one for one in remarks(turn.cursor, turn.today)}
    open_now = turn.cursor.execute(_OPEN_ON_DECLARATIONS).fetchall()
    changed = 0
    for alert, kind, landlord, earlier in open_now:
        if kind == SILENCE and found.pop((kind, landlord), None) is None:
            change(turn.cursor, alert, "lifted", earlier, None, turn.today)
            changed += 1
    month = turn.today.replace(day=1)
    raised = sum(
        raise_alert(
            turn.cursor,
            Raised(one.kind, month, None, one.landlord, LEVELS[Level.ALERT], one.evidence),
            None,
            turn.today,
        )
        is not None
        for one in found.values()
    )
    return raised, changed


def _keep(cursor: psycopg.Cursor[Any], inputs: Inputs) -> int:
    found: int = cursor.execute(_RUN, (VERSION, inputs.month, packed(inputs))).fetchall()[0][0]
    return found


def told(inputs: Inputs, signal: Signal) -> dict[str, Any]:
    """Return the evidence of a signal as it is kept: its figures, its landlords, its neighbours, its sentence."""
    figures = {name: _number(value) for name, value in asdict(signal).items() if isinstance(value, float)}
    return figures | {
        "ratio": _number(signal.ratio),
        "size_fr": size(signal.ratio),
        "version": VERSION,
        "landlords": _landlords(inputs, signal),
        "neighbours": _neighbours(inputs, signal),
        "message_fr": of_quartier(signal.kind, signal.ratio),
    }


def _number(value: float) -> float | None:
    """Return a number as JSON has it: what is not known is null."""
    return value if math.isfinite(value) else None


def _landlords(inputs: Inputs, signal: Signal) -> list[Mapping[str, Any]]:
    """Return, for departures, what each landlord of the quartier had and what was expected of its dwellings."""
    if kind_of(signal.kind).measure != "departures":
        return []
    expected = np.full(len(inputs.codes), np.nan)
    expected[signal.series] = signal.expected
    of_cells = cell_expectations(inputs, expected)
    return [
        {
            "landlord": inputs.cells.landlord[cell],
            "count": float(inputs.cells.count[cell]),
            "expected": float(of_cells[cell]),
        }
        for cell in np.flatnonzero(inputs.cells.quartier == signal.series).tolist()
    ]


def _neighbours(inputs: Inputs, signal: Signal) -> list[Mapping[str, Any]]:
    """Return what the same test found of the other quartiers of its communes."""
    kind = kind_of(signal.kind)
    here = set(inputs.communes[signal.series])
    tested = evidence(inputs, kind).tested
    return [
        {"code": inputs.codes[series], "ratio": float(inputs.counts[kind.measure][series, -1] / expected)}
        for series in range(len(inputs.codes))
        if series != signal.series and here & set(inputs.communes[series])
        for expected in tested.expected[series].tolist()
        if tested.given[series, 0] and expected > 0
    ]


def _of_upload(inputs: Inputs, family: Family, landlord: str) -> dict[str, Any]:
    """Return the evidence of a landlord's excess in almost all of its quartiers."""
    found = next(one for one in family.uploads if one.zone.name == landlord)
    quartiers = sorted({inputs.codes[inputs.cells.quartier[cell]] for cell in found.zone.cells.tolist()})
    details = f"{len(quartiers)} quartiers, {found.events / found.expected:.1f} fois l'attendu".replace(".", ",")
    return {
        "count": found.events,
        "expected": found.expected,
        "p": found.p_value,
        "quartiers": quartiers,
        "version": VERSION,
        "message_fr": of_declarations(UPLOAD, details),
    }
