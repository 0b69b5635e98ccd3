"""The project's own history, read from the database and replayed in the order in which it came."""

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from operations.detection.panel_file import PanelError
from streams.alerts.declaring import remarks
from streams.alerts.family import Signal, again
from streams.alerts.inputs import OPTIONS, panel_of, read_inputs
from streams.backtest.arrivals import Arrivals
from streams.backtest.labels import EXPECTED, Incident, Outcome, judge, unexplained
from streams.backtest.reading import read_arrivals
from streams.backtest.replay import Alert, Replayed, Rules, replay
from streams.detection.calendar import MONTHS, Calendar
from streams.detection.families import Level
from streams.detection.pooled import Panel
from streams.measures.refresh import one_snapshot, read_state, waiting
from streams.publication.base import first_day, number

_TODAY = "SELECT as_of FROM core.window_state"
_RULES = "SELECT least_completeness, provisional_months FROM core.staff_rule"
_NAMES = (
    "SELECT siren, name FROM core.landlord UNION ALL SELECT code, name FROM core.territory WHERE level = 'qpv_2024'"
)
_FOLDED = "SELECT folded_before FROM core.retention"
_SAID = """
SELECT alert.level, coalesce(said.verdict, 'none'), count(*)::integer
FROM core.alert LEFT JOIN LATERAL (SELECT verdict FROM core.alert_feedback
    WHERE alert_feedback.alert_id = alert.alert_id ORDER BY said_at DESC LIMIT 1) AS said ON true
GROUP BY 1, 2
"""
FILLED = (0, 0, 0)


@dataclass(frozen=True)
class Month:
    """A month of a labelled quartier, as its family saw it: None where there was no verdict."""

    month: date
    held_on: date
    signal: Signal | None
    level: Level


@dataclass(frozen=True)
class History:
    """What was replayed, up to `today`. `names` of quartiers and landlords; `panel` departures as they are known now.

    `equal`: whether the inputs of the last month, made from what was received, are those of the measures; None where
    the measures wait for something. `said`: what staff said of alerts that were really raised, by level and verdict.
    """

    today: date
    first: date
    arrivals: Arrivals
    rules: Rules
    replayed: Replayed
    names: dict[str, str]
    panel: Panel
    calendar: Calendar
    equal: bool | None
    said: dict[tuple[str, str], int]
    outcomes: list[Outcome] | None
    unexplained: list[Alert]


def read_labels(file: Path) -> list[Incident]:
    """Read known incidents: a JSON array, or an object with `incidents`, as the simulator writes them.

    Raises PanelError, and OSError where the file cannot be opened.
    """
    names = [one.name for one in fields(Incident)]
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        entries = document["incidents"] if isinstance(document, dict) else document
        found = [Incident(**{name: entry[name] for name in names}) for entry in entries]
        dated = [
            Incident(
                **{**vars(one), "start": date.fromisoformat(str(one.start)), "end": date.fromisoformat(str(one.end))}
            )
            for one in found
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PanelError(
            f"{file.name} n'est pas un fichier d'incidents connus : du JSON avec, pour chacun, {', '.join(names)}."
        ) from error
    if unknown := sorted({one.kind for one in dated} - EXPECTED.keys()):
        raise PanelError(
            f"{file.name} : genre d'incident inconnu, {', '.join(unknown)}. Connus : {', '.join(EXPECTED)}."
        )
    return dated


def read_history(
    connection: psycopg.Connection[Any],
    labels: list[Incident] | None,
    first: date | None,
    last: date | None,
    tell: Callable[[float], None],
) -> History:
    """Replay what the database holds. `tell` is told the share of the days that are done.

    The first month is by default the first one of which something can be said: two years and two months of stock before
    it. Raises PanelError if there is too little history, psycopg.Error if the database is away.
    """
    with one_snapshot(connection), connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        today: date = cursor.execute(_TODAY).fetchall()[0][0]
        arrivals = read_arrivals(cursor)
        if not arrivals.stocks:
            raise PanelError("aucun parc n'a été reçu : il n'y a pas d'historique à rejouer.")
        earliest = arrivals.first_month + OPTIONS.history + OPTIONS.guard
        folded: date = cursor.execute(_FOLDED).fetchall()[0][0]
        since = first or first_day(max(earliest, number(folded) + 1))
        until = min(today, last or today)
        if number(since) >= number(until):
            raise PanelError(
                f"trop peu d'historique : les parcs commencent en {first_day(arrivals.first_month):%Y-%m}, il faut "
                f"{OPTIONS.history + OPTIONS.guard} mois avant le premier mois examiné."
            )
        least, provisional = cursor.execute(_RULES).fetchall()[0]
        found = Replayed()
        span = (until - since).days
        rules = Rules(float(least), provisional)
        for day, found in replay(arrivals, rules, since, until, lambda one: remarks(cursor, one)):  # noqa: B007
            tell((day - since).days / max(span, 1))
        equal = _as_measured(cursor, arrivals, today)
        said = {(level, verdict): n for level, verdict, n in cursor.execute(_SAID).fetchall()}
        names = dict(cursor.execute(_NAMES).fetchall())
    outcomes = None if labels is None else judge([one for one in labels if one.end > since], found, arrivals)
    panel, calendar = _panel(arrivals, today)
    return History(
        today=today,
        first=since,
        arrivals=arrivals,
        rules=rules,
        replayed=found,
        names=names,
        panel=panel,
        calendar=calendar,
        equal=equal,
        said=said,
        outcomes=outcomes,
        unexplained=unexplained(outcomes or [], found.alerts),
    )


def _as_measured(cursor: psycopg.Cursor[Any], arrivals: Arrivals, today: date) -> bool | None:
    """Return whether what was received gives the inputs that the measures hold; None if they wait for something."""
    state = read_state(cursor)
    if state is None or state.needs_recount or state.new_month or waiting(cursor, state.taken_up_to) != FILLED:
        return None
    month = first_day(number(today) - 1)
    here, there = arrivals.as_of(today, month), read_inputs(cursor, month)
    tables = [(here.dwellings, there.dwellings), (here.declared, there.declared)]
    tables += [(here.counts[name], there.counts[name]) for name in ("departures", "arrivals")]
    return here.codes == there.codes and all(np.array_equal(a, b, equal_nan=True) for a, b in tables)


def _panel(arrivals: Arrivals, today: date) -> tuple[Panel, Calendar]:
    """Return the departures of all whole months, as they are known today."""
    first, last = arrivals.first_month, number(today) - 1
    seen = arrivals.observed(today, first, last)
    with np.errstate(invalid="ignore", divide="ignore"):
        dwellings = np.where(seen.dwellings > 0, seen.dwellings, np.nan)
        counts = np.where(seen.dwellings > 0, seen.counts["departures"], np.nan)
        panel = panel_of(counts, dwellings, seen.declared / dwellings, last)
    return panel, Calendar(last - first + 1, MONTHS, first_season=first % MONTHS)


def months_of(history: History, incident: Incident) -> list[Month]:
    """Return the months of an incident in a quartier, each as its family saw its departures."""
    found = []
    for one in history.replayed.families:
        if not number(incident.start) <= number(one.month) <= number(incident.end - timedelta(days=1)):
            continue
        late = [two for two in history.replayed.late if two.month == one.month and incident.qpv in two.seen]
        on = late[0].on if late else one.on
        signal = again(history.arrivals.as_of(on, one.month), "departures_up", incident.qpv or "")
        raised = [
            alert.level
            for alert in history.replayed.alerts
            if (alert.code, alert.month, alert.kind) == (incident.qpv, one.month, "departures_up")
        ]
        found.append(Month(one.month, on, signal, raised[0] if raised else Level.NONE))
    return found
