"""The weekly letter to staff: what opened and ended, what waits for an answer, how much is declared, who is silent.

Invariant: it is read as the role `observatory` reads, so that no secret count can be in it; one letter a week for each
who asked, however often the notifier stops; a week in which nothing happened is told too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html import escape

import psycopg

from consumers.notifier.channels import NotSentError
from consumers.notifier.journal import Journal
from consumers.notifier.letters import MONTHS_FR, NOTICE, Letter, month_fr, page
from consumers.notifier.recipients import Addressees, Recipient
from consumers.notifier.timing import DIGEST_HOUR, after_quiet, wait_after
from runtime.clock import PARIS, Clock
from runtime.database import connect
from runtime.logging import logger
from runtime.settings import Settings
from schemas.alerts.kinds import SILENCE
from schemas.alerts.wording import LEVELS_FR, STATES_FR

LISTED = 25
"""So many alerts are named in one part; the others are counted."""
_ALERT = """
alert_id, alert_level, told.state, coalesce(name || ' (' || code || ')', landlord_name, landlord), month, message_fr
"""
_STEPS = f"""
SELECT {_ALERT} FROM staff.alert_step AS told JOIN staff.alert USING (alert_id)
WHERE at >= %(since)s AND at < %(until)s ORDER BY alert_level, alert_id, step
"""  # noqa: S608
_WAITING = f"""
SELECT {_ALERT} FROM staff.alert AS told JOIN staff.alert_evidence USING (alert_id)
WHERE open AND alert_level = 'alert' AND feedback IS NULL ORDER BY raised_on, alert_id
"""  # noqa: S608
_COVERAGE = """
SELECT month, round(100 * completeness)::integer FROM staff.completeness
WHERE level = 'region' AND month < date_trunc('month', %(until)s::timestamp) AND completeness IS NOT NULL
ORDER BY month DESC LIMIT 2
"""
_SILENT = """
SELECT coalesce(landlord_name, landlord), raised_on FROM staff.alert
WHERE kind = %(silence)s AND state = 'provisional' ORDER BY 1
"""


@dataclass(frozen=True)
class Line:
    """An alert as the letter names it; `state` is that of the step that is told."""

    alert_id: int
    level: str
    state: str
    about: str
    month: date
    message_fr: str


@dataclass(frozen=True)
class Week:
    """Seven days, `until` excluded: steps of alerts, alerts that wait for an answer, coverage in % of the last months,
    and silent landlords with the day on which it was said.
    """

    since: date
    until: date
    steps: tuple[Line, ...]
    waiting: tuple[Line, ...]
    coverage: tuple[tuple[date, int], ...]
    silent: tuple[tuple[str, date], ...]


Read = Callable[[date], Week]
Send = Callable[[Recipient, Letter], None]


def week_due(now: datetime) -> date | None:
    """Return the Monday of whose letter it is time, None on a Monday before the hour."""
    local = now.astimezone(PARIS)
    monday = local.date() - timedelta(days=local.weekday())
    return monday if local >= datetime.combine(monday, time(DIGEST_HOUR), PARIS) else None


def read_week(settings: Settings, monday: date) -> Week:
    """Read the seven days before a Monday. Raises psycopg.Error if the database is away."""
    since = monday - timedelta(days=7)
    asked = {"since": since, "until": monday, "silence": SILENCE}
    with connect(settings, "observatory", autocommit=True) as viewer:
        return Week(
            since=since,
            until=monday,
            steps=tuple(Line(*row) for row in viewer.execute(_STEPS.encode(), asked).fetchall()),
            waiting=tuple(Line(*row) for row in viewer.execute(_WAITING.encode()).fetchall()),
            coverage=tuple(viewer.execute(_COVERAGE, asked).fetchall()),
            silent=tuple(viewer.execute(_SILENT, asked).fetchall()),
        )


def tell_week(journal: Journal, addressees: Addressees, read: Read, send: Send, clock: Clock) -> int:
    """Send the letter of the week to whoever has not had it; return how many went."""
    monday = week_due(clock.now())
    if monday is None:
        return 0
    done = 0
    for recipient in addressees.recipients:
        if not recipient.weekly or after_quiet(recipient, clock.now()) > clock.now():
            continue
        attempts = journal.letter_attempts(recipient.name, monday, clock.now())
        if attempts is None:
            continue
        try:
            send(recipient, weekly_letter(recipient, read(monday)))
        except (NotSentError, psycopg.Error) as error:
            journal.letter_failed(recipient.name, monday, str(error), clock.now() + wait_after(attempts + 1))
            logger(__name__).warning("weekly letter not sent, trying again", recipient=recipient.name, error=str(error))
        else:
            journal.letter_sent(recipient.name, monday, clock.now())
            done += 1
    return done


def weekly_letter(recipient: Recipient, week: Week) -> Letter:
    """Return the letter of a week."""
    told = [one for one in week.steps if recipient.level == "a_surveiller" or one.level == "alert"]
    dates = _dates(week)
    nothing = "" if told else " · rien de nouveau"
    parts = [
        *(
            (title, _named([one for one in told if one.state == state]))
            for title, state in (("Ouvertes", "provisional"), ("Confirmées", "confirmed"), ("Levées", "lifted"))
        ),
        ("En attente de votre avis", _named(week.waiting)),
        ("Bailleurs silencieux", [f"{name}, depuis le {day:%d/%m/%Y}" for name, day in week.silent]),
        ("Logements déclarés", [f"{month_fr(f'{month:%Y-%m}')} : {share} %" for month, share in week.coverage]),
    ]
    opening = [f"Bonjour {recipient.name},", f"Les alertes, {dates}."]
    if not told:
        opening.append("Rien de nouveau cette semaine : aucune alerte ouverte, confirmée ou levée.")
    closing = ["Répondre : quartiers alert ack N, ou quartiers alert dismiss N --reason « … ».", NOTICE]
    return Letter(
        subject=f"Les alertes, {dates}{nothing}",
        text="\n\n".join([*opening, *(_text(*part) for part in parts if part[1]), *closing]),
        html=page("".join([*map(_paragraph, opening), *(_html(*part) for part in parts if part[1])]), closing),
        identity=f"semaine-{week.until}",
        thread=None,
    )


def _named(alerts: Sequence[Line]) -> list[str]:
    lines = [
        f"n° {one.alert_id}, {LEVELS_FR[one.level]} {STATES_FR[one.state]} · {one.about} · "
        f"{month_fr(f'{one.month:%Y-%m}')}. {one.message_fr}"
        for one in alerts[:LISTED]
    ]
    left = len(alerts) - len(lines)
    return [*lines, f"et {left} de plus : quartiers alert list --all"] if left > 0 else lines


def _dates(week: Week) -> str:
    first, last = week.since, week.until - timedelta(days=1)
    begin = f"{first.day}" if first.month == last.month else f"{first.day} {MONTHS_FR[first.month - 1]}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"du {begin} au {last.day} {MONTHS_FR[last.month - 1]} {last.year}"


def _text(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title.upper(), *(f"- {line}" for line in lines)])


def _html(title: str, lines: Sequence[str]) -> str:
    return f"<h3>{escape(title)}</h3><ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _paragraph(line: str) -> str:
    return f"<p>{escape(line)}</p>"
