"""Each step once to each recipient, however often the notifier stops; one that fails holds nobody up."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaProducer

from consumers.notifier.channels import NotSentError, sender
from consumers.notifier.journal import Journal
from consumers.notifier.letters import letter
from consumers.notifier.reading import deliver, notify, take
from consumers.notifier.recipients import Addressees, Recipient
from runtime.broker import WORKER, client_options, enrol_notifier
from runtime.clock import FixedClock, SystemClock
from runtime.settings import Settings
from runtime.topics import ALERTS
from schemas.alerts import AlertStep
from tests.consumers.notifier.inbox import Inbox
from tests.consumers.notifier.steps import SENTENCE, about_landlord, addressees, event, recipient, step

NOON = datetime(2026, 3, 10, 11, tzinfo=UTC)


class Sent:
    """A way to recipients that remembers what went, and fails for some of them."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.told: list[tuple[str, list[str]]] = []

    def __call__(self, to: Recipient, steps: Sequence[tuple[str, AlertStep]]) -> None:
        if to.name in self.failing:
            raise NotSentError("nobody answers")
        self.told.append((to.name, [identity for identity, _ in steps]))


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "notifier.sqlite")
    yield made
    made.close()


def test_a_step_is_sent_once_to_each_however_often_it_is_read(journal: Journal) -> None:
    to, clock, sent = addressees(recipient("A"), recipient("B")), FixedClock(NOON), Sent()
    for _ in range(3):
        take(journal, to, clock, 0, 5, event(step()))
        deliver(journal, to, sent, clock)
    assert sent.told == [("A", ["12-1"]), ("B", ["12-1"])]
    assert journal.next_offsets() == {0: 6}


def test_one_that_fails_waits_and_holds_nobody_up(journal: Journal) -> None:
    to, clock, sent = addressees(recipient("A"), recipient("B")), FixedClock(NOON), Sent("A")
    take(journal, to, clock, 0, 0, event(step()))
    assert deliver(journal, to, sent, clock) == 1
    assert sent.told == [("B", ["12-1"])]
    assert [(one.recipient, one.failure) for one in journal.waiting()] == [("A", "nobody answers")]
    sent.failing.clear()
    assert deliver(journal, to, sent, clock) == 0, "not before its wait is over"
    clock.advance(timedelta(minutes=1))
    assert deliver(journal, to, sent, clock) == 1
    assert journal.waiting() == []


def test_a_digest_holds_all_that_waits(journal: Journal) -> None:
    to, clock, sent = addressees(recipient(rythme="quotidien")), FixedClock(NOON), Sent()
    for offset, one in enumerate([step(1), step(2), about_landlord(3)]):
        take(journal, to, clock, 0, offset, event(one))
    assert deliver(journal, to, sent, clock) == 0
    clock.advance(timedelta(days=1))
    assert deliver(journal, to, sent, clock) == 3
    assert sent.told == [("Équipe", ["1-1", "2-1", "3-1"])]


def test_what_is_no_step_is_passed_over(journal: Journal) -> None:
    to, clock, sent = addressees(recipient()), FixedClock(NOON), Sent()
    for offset, payload in enumerate([b"no json", None, b"{}", event(step())]):
        take(journal, to, clock, 0, offset, payload)
    deliver(journal, to, sent, clock)
    assert sent.told == [("Équipe", ["12-1"])]
    assert journal.next_offsets() == {0: 4}


def test_a_recipient_that_is_no_longer_named_is_told_of_nothing(journal: Journal) -> None:
    clock, sent = FixedClock(NOON), Sent()
    take(journal, addressees(recipient("A"), recipient("B")), clock, 0, 0, event(step()))
    deliver(journal, addressees(recipient("B")), sent, clock)
    assert sent.told == [("B", ["12-1"])]
    assert journal.waiting() == []


@pytest.mark.parametrize("role", ["observatoire", "partenaire"])
def test_a_letter_says_the_sentence_and_no_count(role: str) -> None:
    written = letter(recipient(role=role), [("12-1", step()), ("14-1", step(14, name="<Cité>"))])
    assert written.subject == "2 alertes · observatoire des quartiers"
    for body in (written.text, written.html):
        assert "987" not in body and "321" not in body
        assert "février 2026" in body
    assert written.text.count(SENTENCE) == 2
    assert "&lt;Cité&gt;" in written.html
    assert ("alert explain" in written.text) is (role == "observatoire")


def test_mails_of_one_alert_are_one_thread(journal: Journal, inbox: tuple[Inbox, int]) -> None:
    handler, port = inbox
    to, clock = addressees(recipient(), port=port), FixedClock(NOON)
    for offset, state in enumerate(["provisional", "confirmed"]):
        take(journal, to, clock, 0, offset, event(step(number=offset + 1, state=state)))
    assert deliver(journal, to, sender(to.smtp, clock), clock) == 2
    first, second = handler.mails
    assert first["Subject"] == "Alerte provisoire · Bagatelle & Papus (QN03107M) · février 2026"
    assert second["Subject"] == "Alerte confirmée · Bagatelle & Papus (QN03107M) · février 2026"
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]
    assert {part.get_content_type() for part in first.walk()} == {"multipart/alternative", "text/plain", "text/html"}
    body = first.get_body(("plain",))
    assert body is not None
    assert SENTENCE in body.get_content()


def test_a_mail_server_that_is_away_is_a_failure_that_waits(journal: Journal) -> None:
    to, clock = addressees(recipient(), port=1), FixedClock(NOON)
    take(journal, to, clock, 0, 0, event(step()))
    assert deliver(journal, to, sender(to.smtp, clock), clock) == 0
    (waiting,) = journal.waiting()
    assert "courriel" in (waiting.failure or "")


@pytest.fixture
def hook() -> Iterator[tuple[list[tuple[dict[str, str], bytes]], str]]:
    """A web server that keeps what is posted to it; the first post is answered with an error."""
    posted: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(503 if len(posted) == 1 else 204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield posted, f"http://127.0.0.1:{server.server_port}/alertes"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_signed_and_tried_again(
    journal: Journal, hook: tuple[list[tuple[dict[str, str], bytes]], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    posted, url = hook
    monkeypatch.setenv("HOOK_KEY", "key")
    partner = Recipient.model_validate({"nom": "P", "webhook": url, "secret": "HOOK_KEY"})
    to, clock = Addressees(recipients=(partner,)), FixedClock(NOON)
    take(journal, to, clock, 0, 0, event(step()))
    assert deliver(journal, to, sender(None, clock), clock) == 0
    clock.advance(timedelta(minutes=1))
    assert deliver(journal, to, sender(None, clock), clock) == 1
    (_, refused), (headers, body) = posted
    assert body == refused
    assert headers["X-Quartiers-Signature"] == "sha256=" + hmac.new(b"key", body, hashlib.sha256).hexdigest()
    assert headers["Idempotency-Key"] == "12-1"
    said = json.loads(body)
    assert said["message_fr"] == SENTENCE
    assert said.keys().isdisjoint({"evidence", "landlord"})


@pytest.mark.services
def test_alerts_are_read_from_the_broker_and_told_once_over_two_lives(broker: Settings, tmp_path: Path) -> None:
    enrol_notifier(broker)
    producer = KafkaProducer(**client_options(broker, WORKER))
    # The topic keeps what other tests wrote.
    first = uuid4().int % 10**9
    alerts = [first + number for number in range(3)]
    for alert in alerts[:2]:
        producer.send(ALERTS, event(step(alert))).get(timeout=30)
    to, sent = addressees(recipient()), Sent()

    def live(until: int) -> None:
        stopping = threading.Event()

        def send(one: Recipient, steps: Sequence[tuple[str, AlertStep]]) -> None:
            sent(one, steps)
            if f"{until}-1" in steps[0][0]:
                stopping.set()

        notify(broker, tmp_path / "notifier.sqlite", to, send, SystemClock(), stopping)

    live(alerts[1])
    producer.send(ALERTS, event(step(alerts[2]))).get(timeout=30)
    producer.close()
    live(alerts[2])
    told = [identity for _, (identity,) in sent.told if int(identity.partition("-")[0]) in alerts]
    assert told == [f"{alert}-1" for alert in alerts]
