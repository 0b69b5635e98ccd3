"""The certificates: who they speak for, how long, who may read them, and that a renewal disturbs nobody."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from operations.certificates import (
    RENEW_BEFORE,
    SERVER_LIFE,
    CertificateFiles,
    ensure_certificates,
    hosts_of,
    server_certificate,
)
from operations.doctor.services import certificates
from operations.services.process import wait_until
from operations.supervisor import renew_certificate
from runtime.settings import Settings
from tests.operations.conftest import Quartiers

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return Settings("tls", tmp_path)


def made(settings: Settings) -> x509.Certificate:
    found = server_certificate(settings)
    assert found is not None
    return found


def test_they_are_made_once_and_renewed_in_their_last_days(elsewhere: Settings) -> None:
    assert ensure_certificates(elsewhere, NOW)
    first, authority = made(elsewhere), CertificateFiles.of(elsewhere).authority.read_bytes()
    assert not ensure_certificates(elsewhere, NOW + SERVER_LIFE - RENEW_BEFORE - timedelta(days=1))
    assert made(elsewhere) == first
    assert ensure_certificates(elsewhere, NOW + SERVER_LIFE - RENEW_BEFORE)
    assert made(elsewhere).not_valid_after_utc > first.not_valid_after_utc
    assert CertificateFiles.of(elsewhere).authority.read_bytes() == authority, "landlords would lose the server"


def test_the_public_name_is_in_the_certificate_and_a_new_one_makes_another(elsewhere: Settings) -> None:
    ensure_certificates(elsewhere, NOW)
    assert hosts_of(made(elsewhere)) == ["127.0.0.1", "localhost"]
    assert elsewhere.listen_address == "127.0.0.1"
    elsewhere.remember_public_host("kafka.example")
    assert ensure_certificates(elsewhere, NOW)
    assert hosts_of(made(elsewhere)) == ["kafka.example", "localhost", "127.0.0.1"]
    assert elsewhere.listen_address == "0.0.0.0"
    assert elsewhere.public_address("kafka_tls") == f"kafka.example:{elsewhere.port('kafka_tls')}"


def test_only_their_owner_reads_the_keys(elsewhere: Settings) -> None:
    ensure_certificates(elsewhere, NOW)
    files = CertificateFiles.of(elsewhere)
    modes = {path.name: path.stat().st_mode & 0o777 for path in files.folder.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "server.pem": 0o600}
    assert b"PRIVATE" not in files.authority.read_bytes()


def test_an_authority_is_of_no_use_for_another_one(elsewhere: Settings) -> None:
    ensure_certificates(elsewhere, NOW)
    authority = x509.load_pem_x509_certificate(CertificateFiles.of(elsewhere).authority.read_bytes())
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    made(elsewhere).verify_directly_issued_by(authority)


def test_the_doctor_says_when_it_expires(elsewhere: Settings) -> None:
    assert certificates(elsewhere, NOW).state == "absent"
    ensure_certificates(elsewhere, NOW)
    end = made(elsewhere).not_valid_after_utc
    assert certificates(elsewhere, NOW).found == f"au nom de 127.0.0.1, jusqu'au {end:%d/%m/%Y}"
    assert certificates(elsewhere, NOW).state == "good"
    assert certificates(elsewhere, end - RENEW_BEFORE).found.startswith("expire bientôt")
    late = certificates(elsewhere, end)
    assert (late.state, late.remedy) == ("bad", "`quartiers certificates`")
    assert late.found.startswith("expiré")
    elsewhere.remember_public_host("kafka.example")
    assert certificates(elsewhere, NOW).found == "n'est pas au nom de kafka.example"


def shown(settings: Settings) -> int:
    """Return the serial number of the certificate that the broker shows now."""
    context = ssl.create_default_context(cafile=CertificateFiles.of(settings).authority)
    plain = socket.create_connection(("127.0.0.1", settings.port("kafka_tls")))
    with context.wrap_socket(plain, server_hostname="localhost") as channel:
        certificate = channel.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).serial_number


@pytest.mark.services
def test_a_running_broker_takes_up_a_renewed_certificate(here: Settings, quartiers: Quartiers) -> None:
    before = shown(here)
    said = quartiers("certificates", "--renew")
    assert said.code == 0, said.err
    assert f"jusqu'au {made(here).not_valid_after_utc:%d/%m/%Y}" in said.out
    assert made(here).serial_number != before
    assert wait_until(lambda: shown(here) == made(here).serial_number, 10)
    assert quartiers("certificates").code == 0
    assert shown(here) == made(here).serial_number


@pytest.mark.services
def test_the_supervisor_renews_in_time_and_the_broker_shows_it(here: Settings) -> None:
    now = datetime.now(UTC)
    ensure_certificates(here, now - SERVER_LIFE + RENEW_BEFORE, renew=True)
    late = made(here).serial_number
    renew_certificate(here, now)
    assert made(here).serial_number != late
    assert wait_until(lambda: shown(here) == made(here).serial_number, 10)
    renewed = made(here)
    renew_certificate(here, now)
    assert made(here) == renewed, "renewed every hour"
