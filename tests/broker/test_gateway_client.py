"""The landlord's end of the gateway: positions and receipts as through Kafka, and a sentence for each fault."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest
import trustme
from kafka import KafkaProducer
from typer.testing import CliRunner

from operations.certificates import CertificateFiles
from operations.cli import app
from operations.landing_kit import Access, connection_file
from operations.services import gateway_service
from producers.broker_faults import AddressError, CertificateError, PasswordError, RightError
from producers.channel import Channel, Mailbox, Position
from producers.errors import LandlordError
from producers.gateway_client import ATTEMPTS, GatewayClient, GatewayError
from producers.publisher import MessageTooLargeError
from runtime.broker import WORKER, client_options, landlord_connection
from runtime.connection import Connection
from runtime.topics import MAX_MESSAGE_BYTES, moves_topic, receipts_topic, sandbox_topic
from schemas.events.receipts import RECEIPT, SOURCE
from tests.streams.faults.harness import Stage

NOWHERE = Connection("999000011", "127.0.0.1:1", "mot-de-passe", gateway="https://gateway.example")


@pytest.fixture
def served(stage: Stage) -> Iterator[Connection]:
    """A landlord whose connection file names a gateway that runs."""
    (siren,) = stage.enrol(1)
    gateway_service.start(stage.settings)
    yield dataclasses.replace(
        landlord_connection(stage.settings, siren),
        ca_file=CertificateFiles.of(stage.settings).authority,
        gateway=f"https://127.0.0.1:{stage.settings.port('gateway')}",
    )
    gateway_service.stop(stage.settings)


def answer(stage: Stage, position: Position, siren: str) -> None:
    """Put the receipt of a message on the landlord's topic, as the worker would."""
    data = {"landlord": siren, **position._asdict(), "received_on": "2026-01-05", "events": 1}
    event = {
        "specversion": "1.0",
        "id": ":".join(map(str, position)),
        "source": SOURCE,
        "type": RECEIPT,
        "time": "2026-01-05T08:00:00Z",
        "datacontenttype": "application/json",
        "data": data | {"outcomes": {"applied": 1}, "summary_fr": "1 accepté"},
    }
    with closing(KafkaProducer(**client_options(stage.settings, WORKER))) as producer:
        producer.send(receipts_topic(siren), value=orjson.dumps(event), key=event["id"].encode()).get(timeout=20)


@pytest.mark.services
def test_positions_and_receipts_are_those_of_kafka(stage: Stage, served: Connection) -> None:
    siren = served.siren
    started = datetime.now(UTC)
    with GatewayClient(served) as gateway:
        gateway.require_access()
        channel: Channel = gateway
        mailbox: Mailbox = gateway
        channel.send(b"[{}]", batch=True)
        channel.send(b"{}", batch=False)
        channel.flush()
        positions = channel.positions()
        assert positions == [Position(moves_topic(siren), 0, 0), Position(moves_topic(siren), 0, 1)]
        assert list(mailbox.answers(positions, 0)) == []
        for position in positions:
            answer(stage, position, siren)
        received = list(mailbox.answers(positions, 20))
        assert [one.data.offset for one in received] == [0, 1]
        assert list(mailbox.since(None)) == received
        assert list(mailbox.since(started)) == received
        assert list(mailbox.since(datetime(2100, 1, 1, tzinfo=UTC))) == []
    assert [record.value for record in stage.topic(moves_topic(siren))] == [b"[{}]", b"{}"]
    with GatewayClient(served, sandbox=True) as gateway:
        gateway.send(b"{}", batch=False)
        assert gateway.positions() == [Position(sandbox_topic(siren), 0, 0)]


@pytest.mark.services
def test_what_the_gateway_refuses_is_said(served: Connection) -> None:
    with GatewayClient(served) as gateway:
        with pytest.raises(GatewayError, match=r"répond 400 : le message n'est pas du JSON"):
            gateway.send(b"{", batch=False)
        with pytest.raises(MessageTooLargeError, match="coupez le lot"):
            gateway.send(b"x" * MAX_MESSAGE_BYTES, batch=False)
        assert gateway.positions() == []
    with GatewayClient(dataclasses.replace(served, password="faux")) as gateway:
        for ask in (gateway.require_access, lambda: gateway.send(b"{}", batch=False)):
            with pytest.raises(PasswordError, match="mot de passe faux ou remplacé"):
                ask()


@pytest.mark.services
def test_the_command_checks_the_way_by_the_gateway(served: Connection, tmp_path: Path) -> None:
    file = tmp_path / "connection.toml"
    file.write_text(connection_file(Access(served.siren, "", served.bootstrap, served.gateway, ""), served.password))
    (tmp_path / "ca.pem").write_bytes(served.ca_file.read_bytes() if served.ca_file else b"")
    said = CliRunner().invoke(app, ["connection", "--folder", str(tmp_path), "--via", served.gateway])
    assert said.exit_code == 0, said.output
    assert f"{served.gateway} répond" in said.output


@pytest.mark.services
def test_another_authority_is_not_believed(served: Connection, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for known in (tmp_path / "ca.pem", None):
        said = pytest.raises(CertificateError, match="n'est pas signé par l'autorité")
        with GatewayClient(dataclasses.replace(served, ca_file=known)) as gateway, said:
            gateway.send(b"{}", batch=False)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "Aucune adresse de passerelle"),
        ("http://gateway.example", "ne part jamais sans chiffrement"),
        ("gateway.example", "attendu https://nom:port"),
        ("https://gateway.example/ailleurs", "attendu https://nom:port"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(url: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        GatewayClient(dataclasses.replace(NOWHERE, gateway=""), url)


def test_a_gateway_that_nobody_reaches_is_said() -> None:
    with GatewayClient(NOWHERE, "https://127.0.0.1:1") as gateway, pytest.raises(AddressError, match="injoignable"):
        gateway.send(b"{}", batch=False)


def test_a_spoilt_authority_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="manque ou n'est pas un certificat"):
        GatewayClient(dataclasses.replace(NOWHERE, ca_file=tmp_path / "ca.pem"))


def test_a_connections_text_never_shows_its_password() -> None:
    assert NOWHERE.password not in f"{NOWHERE} {NOWHERE!r}"


def told(receipt: str = "/v1/receipts/0/7?since=1") -> httpx.Response:
    return httpx.Response(202, json={"topic": "t", "partition": 0, "offset": 7, "receipt": receipt})


def client(answers: list[httpx.Response | Exception], waits: list[float]) -> GatewayClient:
    """Return a client whose gateway gives these answers, one after the other."""
    left = iter(answers)

    def give(_: httpx.Request) -> httpx.Response:
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    return GatewayClient(NOWHERE, sleep=waits.append, transport=httpx.MockTransport(give))


def test_a_gateway_that_asks_for_patience_gets_it() -> None:
    waits: list[float] = []
    busy = httpx.Response(503, headers={"Retry-After": "5"}, json={"message_fr": "…"})
    with client([busy, httpx.ReadTimeout("cut"), busy, told()], waits) as gateway:
        gateway.send(b"{}", batch=False)
        assert gateway.positions() == [Position("t", 0, 7)]
    assert waits == [5, 4, 5]


Answer = Callable[[], httpx.Response | Exception]


@pytest.mark.parametrize(
    ("last", "kind", "said"),
    [
        (lambda: httpx.Response(503, json={"message_fr": "recommencez"}), GatewayError, "répond 503 : recommencez"),
        (lambda: httpx.ReadTimeout("cut"), AddressError, r"ne répond pas comme une passerelle \(ReadTimeout\)"),
        (lambda: httpx.RemoteProtocolError("cut"), AddressError, "ne répond pas comme une passerelle"),
        (lambda: httpx.Response(403, json={"message_fr": "suspendu"}), RightError, "suspendu"),
        (lambda: httpx.Response(200, text="<html>portail captif</html>"), GatewayError, "est-ce bien l'adresse"),
    ],
)
def test_patience_ends(last: Answer, kind: type[LandlordError], said: str) -> None:
    waits: list[float] = []
    with client([last() for _ in range(ATTEMPTS)], waits) as gateway, pytest.raises(kind, match=said):
        gateway.send(b"{}", batch=False)
    assert len(waits) in (0, 1, ATTEMPTS - 1)


def test_an_exchange_that_had_begun_is_said_to_be_cut() -> None:
    silences = [httpx.ReadTimeout("cut") for _ in range(ATTEMPTS)]
    with client([told(), *silences], []) as gateway:
        gateway.send(b"{}", batch=False)
        with pytest.raises(AddressError, match=r"interrompu \(ReadTimeout\)"):
            gateway.send(b"{}", batch=False)


def test_the_password_is_not_taken_elsewhere() -> None:
    with (
        client([told("https://ailleurs.example/")], []) as gateway,
        pytest.raises(GatewayError, match="renvoie ailleurs"),
    ):
        gateway.send(b"{}", batch=False)
