"""The weekly letter: once a week to whom asked for it, in a quiet week too, by what staff may see."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import ValidationError

from consumers.notifier.channels import NotSentError, mailer
from consumers.notifier.journal import Journal
from consumers.notifier.letters import Letter
from consumers.notifier.recipients import Recipient
from consumers.notifier.weekly import LISTED, Line, Week, read_week, tell_week, week_due, weekly_letter
from runtime.clock import FixedClock
from runtime.settings import Settings
from streams.alerts.register import say
from tests.consumers.notifier.inbox import Inbox
from tests.consumers.notifier.steps import SENTENCE, addressees, recipient
from tests.dashboards.alerting import landlord, quartier

MONDAY = date(2025, 11, 24)
NINE = datetime(2025, 11, 24, 8, tzinfo=UTC)
"""Nine o'clock in Paris."""


def line(alert: int = 12, state: str = "provisional", level: str = "alert") -> Line:
    return Line(alert, level, state, "Bagatelle (QN03107M)", date(2025, 10, 1), SENTENCE)


def week(*steps: Line, waiting: tuple[Line, ...] = ()) -> Week:
    coverage = ((date(2025, 10, 1), 84), (date(2025, 9, 1), 97))
    silent = (("Office fictif", date(2025, 11, 3)),)
    return Week(MONDAY - timedelta(days=7), MONDAY, steps, waiting, coverage, silent)


class Sent:
    """A mail server that remembers what went, and fails for some."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.letters: list[tuple[str, Letter]] = []

    def __call__(self, to: Recipient, written: Letter) -> None:
        if to.name in self.failing:
            raise NotSentError("nobody answers")
        self.letters.append((to.name, written))

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(name, written.identity) for name, written in self.letters]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "notifier.sqlite")
    yield made
    made.close()


def read(monday: date) -> Week:
    return replace(week(line()), since=monday - timedelta(days=7), until=monday)


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2025-11-24T07:59+01:00", None),
        ("2025-11-24T08:00+01:00", "2025-11-24"),
        ("2025-11-30T23:59+01:00", "2025-11-24"),
        ("2025-12-01T00:30+01:00", None),
        ("2025-12-01T07:30+00:00", "2025-12-01"),
    ],
)
def test_a_letter_is_due_from_monday_at_eight_in_paris(now: str, monday: str | None) -> None:
    assert week_due(datetime.fromisoformat(now)) == (date.fromisoformat(monday) if monday else None)


def test_one_letter_a_week_however_often_the_notifier_stops(tmp_path: Path) -> None:
    to, clock, sent = addressees(recipient("A", lettre_hebdomadaire=True), recipient("B")), FixedClock(NINE), Sent()
    for _ in range(4):
        for _ in range(2):
            journal = Journal(tmp_path / "notifier.sqlite")
            tell_week(journal, to, read, sent, clock)
            journal.close()
        clock.advance(timedelta(days=3))
    assert sent.told == [("A", "semaine-2025-11-24"), ("A", "semaine-2025-12-01")]


def test_who_cannot_be_reached_waits_and_holds_nobody_up(journal: Journal) -> None:
    both = [recipient(name, lettre_hebdomadaire=True) for name in ("A", "B")]
    to, clock, sent = addressees(*both), FixedClock(NINE), Sent()
    sent.failing.add("A")
    assert tell_week(journal, to, read, sent, clock) == 1
    assert [(one.recipient, one.failure) for one in journal.waiting()] == [("A", "nobody answers")]
    sent.failing.clear()
    assert tell_week(journal, to, read, sent, clock) == 0, "not before its wait is over"
    clock.advance(timedelta(minutes=1))
    assert tell_week(journal, to, read, sent, clock) == 1
    assert (sent.told[0][0], sent.told[1][0], journal.waiting()) == ("B", "A", [])


def test_a_database_that_is_away_is_waited_for(journal: Journal) -> None:
    to, clock, sent = addressees(recipient(lettre_hebdomadaire=True)), FixedClock(NINE), Sent()

    def away(_: date) -> Week:
        raise psycopg.OperationalError("away")

    assert tell_week(journal, to, away, sent, clock) == 0
    clock.advance(timedelta(minutes=1))
    assert tell_week(journal, to, read, sent, clock) == 1


def test_quiet_hours_are_kept(journal: Journal) -> None:
    quiet = recipient(lettre_hebdomadaire=True, heures_calmes=["07:00", "10:00"])
    clock, sent = FixedClock(NINE), Sent()
    assert tell_week(journal, addressees(quiet), read, sent, clock) == 0
    clock.advance(timedelta(hours=1))
    assert tell_week(journal, addressees(quiet), read, sent, clock) == 1


@pytest.mark.parametrize(
    "changes", [{"role": "partenaire"}, {"courriel": None, "webhook": "https://exemple.fr", "secret": "CLE"}]
)
def test_only_staff_may_ask_for_it_and_by_mail(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="lettre_hebdomadaire"):
        recipient(lettre_hebdomadaire=True, **changes)


def test_a_letter_says_what_opened_ended_and_waits() -> None:
    steps = (line(12), line(9, "confirmed"), line(7, "lifted"), line(13, level="watch"))
    written = weekly_letter(recipient(), week(*steps, waiting=(line(9, "confirmed"),)))
    assert written.subject == "Les alertes, du 17 au 23 novembre 2025"
    for part in ("OUVERTES\n- n° 12,", "CONFIRMÉES\n- n° 9,", "LEVÉES\n- n° 7,", "EN ATTENTE DE VOTRE AVIS\n- n° 9,"):
        assert part in written.text
    assert "octobre 2025 : 84 %" in written.text and "Office fictif, depuis le 03/11/2025" in written.text
    assert "n° 13" not in written.text, "to be watched: for whom asked"
    assert "n° 13, à surveiller" in weekly_letter(recipient(niveau="a_surveiller"), week(*steps)).text
    assert written.html.count("<li>") == written.text.count("\n- ")


def test_a_quiet_week_is_told_too() -> None:
    written = weekly_letter(recipient(), week())
    assert written.subject.endswith("· rien de nouveau")
    assert "Rien de nouveau cette semaine" in written.text and "OUVERTES" not in written.text
    assert "BAILLEURS SILENCIEUX" in written.text


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    written = weekly_letter(recipient(), week(*(line(number) for number in range(LISTED + 4))))
    assert written.text.count("- n° ") == LISTED
    assert "et 4 de plus" in written.text


def test_a_week_over_two_years_is_dated_in_full() -> None:
    over = Week(date(2025, 12, 29), date(2026, 1, 5), (), (), (), ())
    assert "du 29 décembre 2025 au 4 janvier 2026" in weekly_letter(recipient(), over).subject


def test_it_arrives_by_mail_as_text_and_html(journal: Journal, inbox: tuple[Inbox, int]) -> None:
    handler, port = inbox
    to, clock = addressees(recipient(lettre_hebdomadaire=True), port=port), FixedClock(NINE)
    for _ in range(2):
        tell_week(journal, to, read, mailer(to.smtp, clock), clock)
    (mail,) = handler.mails
    assert mail["Subject"] == "Les alertes, du 17 au 23 novembre 2025"
    assert "semaine-2025-11-24" in mail["Message-ID"]
    assert {part.get_content_type() for part in mail.walk()} == {"multipart/alternative", "text/plain", "text/html"}


@pytest.mark.services
def test_the_week_is_read_from_what_staff_may_see(settings: Settings, database: psycopg.Connection[Any]) -> None:
    database.execute("INSERT INTO core.landlord (siren, name) VALUES ('999000001', 'Office fictif')")
    with database.cursor() as cursor:
        new = quartier(cursor, "QN03107M")
        answered = quartier(cursor, "QN03001I", kind="arrivals_up", state="confirmed")
        silent = landlord(cursor, "999000001", day="2025-11-10")
    say(database, answered, "acknowledged", None, "Léa")
    found = read_week(settings, MONDAY)
    assert {(one.alert_id, one.state) for one in found.steps} == {(new, "provisional"), (answered, "provisional")}
    assert {one.alert_id for one in found.waiting} == {new, silent}
    assert found.silent == (("Office fictif", date(2025, 11, 10)),)
    later = read_week(settings, date(2025, 12, 22))
    assert [(one.alert_id, one.state) for one in later.steps] == [(answered, "confirmed")]
