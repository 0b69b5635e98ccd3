"""A clerk's file through the command line, against a real broker: sent, answered, shown."""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner

from operations.cli import app, explain
from producers.channel import Position
from producers.publisher import Publisher
from runtime.broker import client_options, enrol_landlords, landlord_connection
from runtime.connection import Connection
from runtime.settings import Settings
from runtime.topics import moves_topic, receipts_topic, sandbox_topic
from schemas.events.receipts import RECEIPT, SOURCE, ReceiptEvent

pytestmark = pytest.mark.services
SIREN = "552081317"
HEADER = "N° bail;Logement;Commune;QPV;Pièces;Date de sortie;Motif;Locataire"
MAPPING = """
version = 1
[[extract]]
name = "mouvements"
kind = "movements"
dates = ["jj/mm/aaaa"]
ignored = ["Locataire"]
[extract.columns]
lease = "N° bail"
dwelling = "Logement"
rooms = "Pièces"
commune = "Commune"
qpv_flag = "QPV"
exit_on = "Date de sortie"
reason = "Motif"
[extract.codes.reason]
"Décès" = "deces"
"Mutation" = "mutation_interne"
"""


def write_file(folder: Path, rows: list[str]) -> Path:
    path = folder / "mouvements_2026-03-31.csv"
    path.write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    return path


def row(number: int, reason: str = "Mutation", left: str = "") -> str:
    return f"B{number};L{number};31555;1;3;{left or f'{1 + number % 28:02d}/03/2026'};{reason};DUPONT"


@pytest.fixture
def folder(broker: Settings, tmp_path: Path) -> Path:
    """A landlord's folder: its connection, its mapping and its key."""
    enrol_landlords(broker, [SIREN])
    connection = landlord_connection(broker, SIREN)
    (tmp_path / "connection.toml").write_text(
        f'siren = "{SIREN}"\nbootstrap = "{connection.bootstrap}"\npassword = "{connection.password}"\n'
    )
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    assert run("keys", "init", "--folder", str(tmp_path)).exit_code == 0
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "160"})


def outcome_of(event: dict[str, Any]) -> str:
    """Refuse what a clerk of this test could not know to be wrong: the observatory decides."""
    return "quarantined" if event["data"].get("effective_on") == "2026-03-13" else "applied"


def receipt(topic: str, offset: int, payload: bytes) -> bytes:
    """Return a receipt of the published shape for a message."""
    found = orjson.loads(payload)
    events = found if isinstance(found, list) else [found]
    outcomes = [outcome_of(event) for event in events]
    rejected = [
        {
            "event_id": events[index]["id"],
            "index": index,
            "code": "invalid_field",
            "pointer": "/data/effective_on",
            "message_fr": "date refusée",
            "remedy_fr": "corrigez la date",
        }
        for index, one in enumerate(outcomes)
        if one == "quarantined"
    ]
    differences = [
        {"month": total["month"], "direction": total["direction"], "declared": total["count"], "counted": 7}
        for event in events
        for total in event["data"].get("control_totals", [])
        if total["direction"] == "out"
    ]
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": f"{topic}:0:{offset}",
            "source": SOURCE,
            "type": RECEIPT,
            "time": datetime.now(UTC).isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "landlord": SIREN,
                "topic": topic,
                "partition": 0,
                "offset": offset,
                "received_on": date(2026, 4, 1).isoformat(),
                "sandbox": topic.startswith("tenancy.sandbox"),
                "events": len(events),
                "outcomes": {name: outcomes.count(name) for name in set(outcomes)},
                "rejected": rejected,
                "rejected_total": len(rejected),
                "control_differences": differences,
                "summary_fr": f"{len(events)} événements",
            },
        }
    )


@contextmanager
def answering(settings: Settings) -> Iterator[None]:
    """Answer each message beside the block, as a worker would: with something unreadable and a repeat in between."""
    options, over = client_options(settings, "admin"), threading.Event()
    producer = KafkaProducer(**options)
    consumer = KafkaConsumer(**options, enable_auto_commit=False)
    consumer.assign([TopicPartition(topic, 0) for topic in (moves_topic(SIREN), sandbox_topic(SIREN))])
    consumer.seek_to_beginning()

    def answer() -> None:
        while not over.is_set():
            for records in consumer.poll(timeout_ms=100).values():
                for record in records:
                    told = receipt(record.topic, record.offset, record.value)
                    for payload in (b'{"an": "older receipt"}', told, told):
                        producer.send(receipts_topic(SIREN), payload)
                producer.flush()

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)
        consumer.close(autocommit=False)
        producer.close()


def payloads(settings: Settings, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(**client_options(settings, "admin"), enable_auto_commit=False)
    partition = TopicPartition(topic, 0)
    try:
        end = consumer.end_offsets([partition])[partition]
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        found: list[bytes] = []
        deadline = time.monotonic() + 30
        while consumer.position(partition) < end:
            assert time.monotonic() < deadline
            found += [record.value for records in consumer.poll(timeout_ms=200).values() for record in records]
        return found
    finally:
        consumer.close(autocommit=False)


def test_a_file_is_sent_and_its_receipts_are_shown(broker: Settings, folder: Path) -> None:
    file = write_file(folder, [row(number, "Décès" if number % 3 else "Mutation") for number in range(12)])
    with answering(broker):
        command = ("publish", str(file), "--folder", str(folder), "--complete-through", "2026-03-31", "--wait", "--yes")
        result = run(*command)
        assert result.exit_code == 0, result.output
        for text in ("12 mouvements envoyés", "Déclaré complet jusqu'au 31/03/2026", "acceptés", "13", "2026-03", "7"):
            assert text in result.output
        assert "DUPONT" not in result.output
        again = run(
            "publish", str(file), "--folder", str(folder), "--complete-through", "2026-03-31", "--wait", "--yes"
        )
        assert again.exit_code == 0, again.output
    sent = payloads(broker, moves_topic(SIREN))
    assert sent[:2] == sent[2:], "the same file is the same bytes"
    assert not any(text in b"".join(sent) for text in (b"DUPONT", b'B1"', b'L1"', b"deces"))
    listed = run("receipts", "--folder", str(folder))
    assert listed.exit_code == 0
    assert "12 événements" in listed.output
    as_json = run("receipts", "--folder", str(folder), "--json").output.splitlines()
    assert [orjson.loads(line)["data"]["offset"] for line in as_json] == [0, 1, 2, 3], "repeats are told once"


def test_a_refusal_is_told_by_line_and_by_the_exit_code(broker: Settings, folder: Path) -> None:
    file = write_file(folder, [row(1), row(2, left="13/03/2026"), row(3)])
    with answering(broker):
        result = run("publish", str(file), "--folder", str(folder), "--wait", "--yes")
    assert result.exit_code == 1
    line = next(line for line in result.output.splitlines() if "date refusée" in line)
    assert "3" in line.split("│")[1]
    assert "corrigez la date" in line
    assert "Rien n'est déclaré complet" in result.output
    assert "date refusée" in run("receipts", "--folder", str(folder), "--rejected").output


def test_receipts_that_do_not_come_in_time_are_code_two(folder: Path) -> None:
    file = write_file(folder, [row(1)])
    result = run("publish", str(file), "--folder", str(folder), "--wait", "--yes", "--timeout", "1")
    assert result.exit_code == 2
    assert "1 accusés ne sont pas encore venus" in result.output


def test_a_trial_goes_to_the_sandbox_and_leaves_no_trace(broker: Settings, folder: Path) -> None:
    file = write_file(folder, [row(1)])
    with answering(broker):
        result = run("publish", str(file), "--folder", str(folder), "--sandbox", "--wait", "--yes")
    assert result.exit_code == 0, result.output
    assert "bac à sable" in result.output
    assert payloads(broker, moves_topic(SIREN)) == []
    assert len(payloads(broker, sandbox_topic(SIREN))) == 1
    assert "Aucun accusé" in run("receipts", "--folder", str(folder)).output
    assert "1 événements" in run("receipts", "--folder", str(folder), "--sandbox").output


def test_an_examination_sends_nothing(broker: Settings, folder: Path) -> None:
    file = write_file(folder, [row(1), row(2, left="31/02/2026")])
    result = run("publish", str(file), "--folder", str(folder), "--dry-run")
    assert result.exit_code == 1
    assert "1 ligne en erreur n'est pas envoyée" in result.output
    assert payloads(broker, moves_topic(SIREN)) == []


def test_a_wrong_password_is_said_at_once_and_nothing_is_written(folder: Path) -> None:
    path = folder / "connection.toml"
    found = Connection.read(path)
    path.write_text(path.read_text().replace(found.password, "wrong"))
    started = time.monotonic()
    result = run("publish", str(write_file(folder, [row(1)])), "--folder", str(folder), "--yes")
    assert "mot de passe" in (explain(result.exception) or "")
    assert time.monotonic() - started < 10
    assert not (folder / "state.sqlite").exists()


def test_positions_are_those_of_the_broker(broker: Settings, folder: Path) -> None:
    with Publisher(landlord_connection(broker, SIREN), keep_positions=True) as publisher:
        for _ in range(3):
            publisher.send(b"{}", batch=False)
        publisher.flush()
        assert publisher.positions() == [(moves_topic(SIREN), 0, number) for number in range(3)]


STATES = """
version = 1
[[extract]]
name = "parc"
kind = "dwellings"
dates = ["mm/aaaa"]
[extract.columns]
dwelling = "IDENT_REP"
commune = "DEPCOM"
qpv_flag = "QPV"
rooms = "NBPIECE"
mode = "MODE"
tenancy_started_on = "BAIL"
last_departure_on = "DATE_DEP_DERLOCAT"
[extract.codes.mode]
"1" = "let"
"2" = "vacant"
"""


def write_state(folder: Path, day: str, changed: bool) -> str:
    """Write an RPLS-style state: of ten, one dwelling is left, one let again, one lease carried on."""
    rows = ["IDENT_REP;DEPCOM;QPV;NBPIECE;MODE;BAIL;DATE_DEP_DERLOCAT"]
    changes = {0: "2;;02/2026", 1: "1;03/2026;02/2026", 2: "1;03/2026;04/2019"} if changed else {}
    rows += [f"REP{number};31555;1;3;{changes.get(number, '1;05/2019;04/2019')}" for number in range(10)]
    path = folder / f"parc_{day}.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    return str(path)


def test_moves_are_derived_from_two_states_and_sent_once(broker: Settings, folder: Path) -> None:
    (folder / "mapping.toml").write_text(STATES, encoding="utf-8")
    options = ("--folder", str(folder), "--state", "--yes")
    first = run("publish", write_state(folder, "2026-01-31", False), *options, "--since", "2026-01-01")
    assert first.exit_code == 0, first.output
    assert "0 mouvements envoyés" in first.output
    second = run("publish", write_state(folder, "2026-03-31", True), *options, "--complete-through", "2026-03-31")
    assert second.exit_code == 0, second.output
    assert "3 mouvements envoyés" in second.output
    assert "poursuivi" in second.output
    sent = len(payloads(broker, moves_topic(SIREN)))
    again = run("publish", write_state(folder, "2026-03-31", True), *options, "--complete-through", "2026-03-31")
    assert "0 mouvements envoyés" in again.output
    assert len(payloads(broker, moves_topic(SIREN))) == sent
    older = run("publish", write_state(folder, "2026-01-31", False), *options)
    assert "plus ancien que le dernier envoyé" in (explain(older.exception) or "")


def test_the_gateway_is_the_only_way_where_it_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Kafka port: the broker's address leads nowhere, and is not asked."""
    path = folder / "connection.toml"
    path.write_text(path.read_text().replace(Connection.read(path).bootstrap, "127.0.0.1:9"))
    gateway = Gateway()
    monkeypatch.setattr("producers.access.GatewayClient", lambda connection, via, sandbox=False: gateway.at(via))
    command = ("publish", str(write_file(folder, [row(1), row(2)])), "--folder", str(folder))
    result = run(*command, "--via", "https://gateway.example:8443", "--wait", "--yes")
    assert result.exit_code == 0, result.output
    assert (gateway.via, gateway.asked, len(gateway.payloads)) == ("https://gateway.example:8443", 1, 1)
    listed = run("receipts", "--folder", str(folder), "--via", "https://gateway.example:8443")
    assert "2 événements" in listed.output


class Gateway:
    """Stands for the client of the gateway."""

    def __init__(self) -> None:
        self.via = ""
        self.asked = 0
        self.payloads: list[bytes] = []

    def at(self, via: str) -> "Gateway":
        self.via = via
        return self

    def __enter__(self) -> "Gateway":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def require_access(self) -> None:
        self.asked += 1

    def send(self, payload: bytes, *, batch: bool) -> None:
        self.payloads.append(payload)

    def flush(self) -> None:
        pass

    def positions(self) -> list[Position]:
        return [Position(moves_topic(SIREN), 0, number) for number in range(len(self.payloads))]

    def answers(self, positions: Collection[Position], seconds: float) -> Iterator[ReceiptEvent]:
        yield from self.since(None)

    def since(self, instant: datetime | None) -> Iterator[ReceiptEvent]:
        for number, payload in enumerate(self.payloads):
            yield ReceiptEvent.model_validate_json(receipt(moves_topic(SIREN), number, payload))
