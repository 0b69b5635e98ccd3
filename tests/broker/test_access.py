"""A landlord that does not reach its topics is told why: each cause its own sentence, in seconds."""

import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from kafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError

from operations.certificates import CertificateFiles, make_server, pem, private_pem, read_key
from producers.broker_faults import (
    AddressError,
    CertificateError,
    PasswordError,
    RightError,
    explain_broker_fault,
    require_access,
)
from producers.publisher import Publisher
from runtime.broker import landlord_connection
from runtime.connection import Connection
from runtime.settings import Settings
from runtime.topics import moves_topic, sandbox_topic
from tests.streams.faults.harness import Stage

pytestmark = pytest.mark.services
HIDDEN = KafkaTimeoutError("Unable to bootstrap")
"""What kafka-python raises, whatever the cause."""


def encrypted(settings: Settings, siren: str) -> Connection:
    """Return a landlord's connection through the encrypted port."""
    return dataclasses.replace(
        landlord_connection(settings, siren),
        bootstrap=f"127.0.0.1:{settings.port('kafka_tls')}",
        ca_file=CertificateFiles.of(settings).authority,
    )


@pytest.fixture
def reached(stage: Stage) -> Connection:
    (siren,) = stage.enrol(1)
    return encrypted(stage.settings, siren)


@contextmanager
def relay(plain_port: int, certificate: Path) -> Iterator[str]:
    """Put a TLS port with this certificate before the real broker; yield its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                with suppress(OSError):
                    client = context.wrap_socket(accepted, server_side=True)
                    broker = socket.create_connection(("127.0.0.1", plain_port))
                    threading.Thread(target=pump, args=(client, broker), daemon=True).start()
                    threading.Thread(target=pump, args=(broker, client), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


Issue = Callable[[str, datetime, datetime], Path]


@pytest.fixture
def issue(settings: Settings, tmp_path: Path) -> Issue:
    """Make a server certificate signed by the instance's own authority."""

    def make(host: str, start: datetime, end: datetime) -> Path:
        files = CertificateFiles.of(settings)
        authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
        signer = read_key(files.authority_key)
        key = ec.generate_private_key(ec.SECP256R1())
        made = tmp_path / "server.pem"
        made.write_bytes(private_pem(key) + pem(make_server(key, host, authority, signer, start, end)))
        return made

    return make


def test_the_encrypted_port_takes_a_landlords_message(stage: Stage, reached: Connection) -> None:
    require_access(reached)
    require_access(reached, sandbox=True)
    with Publisher(reached) as publisher:
        publisher.send(b"encrypted", batch=False)
    assert [record.value for record in stage.topic(moves_topic(reached.siren))] == [b"encrypted"]
    with Publisher(reached, sandbox=True) as publisher:
        publisher.send(b"tried", batch=False)
    assert [record.value for record in stage.topic(sandbox_topic(reached.siren))] == [b"tried"]


def test_another_authority_is_said(reached: Connection, tmp_path: Path) -> None:
    other = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with pytest.raises(CertificateError, match=r"n'est pas signé par l'autorité de votre fichier ca\.pem"):
        require_access(dataclasses.replace(reached, ca_file=other))


def test_an_expired_certificate_is_said(stage: Stage, reached: Connection, issue: Issue) -> None:
    now = datetime.now(UTC)
    made = issue("127.0.0.1", now - timedelta(60), now - timedelta(1))
    with (
        relay(stage.settings.port("kafka"), made) as address,
        pytest.raises(CertificateError, match=r"a expiré\. Rien n'a été envoyé"),
    ):
        require_access(dataclasses.replace(reached, bootstrap=address))


def test_a_clock_that_is_late_is_said(stage: Stage, reached: Connection, issue: Issue) -> None:
    now = datetime.now(UTC)
    made = issue("127.0.0.1", now + timedelta(1), now + timedelta(60))
    with (
        relay(stage.settings.port("kafka"), made) as address,
        pytest.raises(CertificateError, match="l'horloge de cet ordinateur retarde"),
    ):
        require_access(dataclasses.replace(reached, bootstrap=address))


def test_a_certificate_for_another_host_is_said(stage: Stage, reached: Connection, tmp_path: Path) -> None:
    authority, made, known = trustme.CA(), tmp_path / "server.pem", tmp_path / "ca.pem"
    authority.issue_cert("ailleurs.example").private_key_and_cert_chain_pem.write_to_path(str(made))
    authority.cert_pem.write_to_path(str(known))
    with (
        relay(stage.settings.port("kafka"), made) as address,
        pytest.raises(CertificateError, match=r"n'est pas au nom de « 127\.0\.0\.1 »"),
    ):
        require_access(dataclasses.replace(reached, bootstrap=address, ca_file=known))


def test_a_wrong_password_is_told_from_an_unknown_user_to_nobody(reached: Connection) -> None:
    for wrong in (
        dataclasses.replace(reached, password="faux"),
        dataclasses.replace(reached, siren="999999996"),
    ):
        with pytest.raises(PasswordError, match=f"refuse l'utilisateur {wrong.user} : mot de passe faux ou remplacé"):
            require_access(wrong)


def test_another_program_on_the_port_is_said(reached: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, pytest.raises(AddressError, match="répond, mais pas comme un serveur Kafka"):
        threading.Thread(target=lambda: listener.accept()[0].sendall(b"HTTP/1.1 400 Bad Request"), daemon=True).start()
        require_access(dataclasses.replace(reached, bootstrap=f"127.0.0.1:{listener.getsockname()[1]}", ca_file=None))


def test_a_user_without_a_right_on_its_topic_is_told_so(stage: Stage, reached: Connection) -> None:
    (other,) = stage.enrol(1)
    foreign = dataclasses.replace(reached, siren=other)
    own = landlord_connection(stage.settings, other)

    class Mistaken(Connection):
        """One landlord's user with another's SIREN."""

        @property
        def user(self) -> str:
            return reached.user

    mistaken = Mistaken(**{field.name: getattr(foreign, field.name) for field in dataclasses.fields(foreign)})
    require_access(own)
    with pytest.raises(RightError, match=f"n'a pas le droit d'écrire sur {moves_topic(other)}"):
        require_access(mistaken)
    said = explain_broker_fault(TopicAuthorizationFailedError(), reached)
    assert isinstance(said, RightError), "what the broker refused is not said to be in order"


@pytest.mark.parametrize(
    ("bootstrap", "said"),
    [
        ("127.0.0.1:1", "Personne ne répond à 127.0.0.1:1 : connexion refusée"),
        ("nulle-part.invalid:9094", "Le nom « nulle-part.invalid » est inconnu"),
        ("127.0.0.1", "« 127.0.0.1 » n'est pas une adresse"),
        ("127.0.0.1:99999", "n'est pas une adresse"),
    ],
)
def test_an_address_that_does_not_lead_there_is_said(reached: Connection, bootstrap: str, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        require_access(dataclasses.replace(reached, bootstrap=bootstrap))


def test_the_second_address_is_tried_when_the_first_is_not_reached(reached: Connection) -> None:
    require_access(dataclasses.replace(reached, bootstrap=f"127.0.0.1:1, {reached.bootstrap}"))


def test_plain_where_tls_is_expected_and_the_reverse_are_said(stage: Stage, reached: Connection) -> None:
    with pytest.raises(AddressError, match="que « ca_file » y est"):
        require_access(dataclasses.replace(reached, ca_file=None))
    with pytest.raises(CertificateError, match="mais pas en TLS"):
        require_access(dataclasses.replace(reached, bootstrap=stage.settings.kafka_bootstrap))


def test_an_authority_file_that_is_missing_or_spoilt_is_said(reached: Connection, tmp_path: Path) -> None:
    spoilt = tmp_path / "ca.pem"
    for _ in range(2):
        with pytest.raises(CertificateError, match="manque ou n'est pas un certificat"):
            require_access(dataclasses.replace(reached, ca_file=spoilt))
        spoilt.write_text("pas un certificat")


def test_what_kafka_python_hides_is_explained(reached: Connection) -> None:
    wrong = dataclasses.replace(reached, password="faux")
    said = explain_broker_fault(HIDDEN, wrong)
    assert isinstance(said, PasswordError)
    assert "faux" not in str(said).replace("mot de passe faux", "")
    assert "l'échange a été interrompu" in str(explain_broker_fault(HIDDEN, reached))
    assert explain_broker_fault(said, reached) is said
