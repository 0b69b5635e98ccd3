"""The certificates of what landlords reach: an authority of this instance's own, and the server's certificate.

Invariant: whoever trusts `ca.pem` keeps reaching the server through every renewal: the authority outlives many
server certificates, and `ensure_certificates` never makes it again. Private keys are of mode 600 and stay here.
"""

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from runtime.settings import Settings

AUTHORITY_LIFE = timedelta(days=20 * 365)
SERVER_LIFE = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(hours=1)
"""A landlord's clock may be a little late."""
ALWAYS = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class CertificateFiles:
    """Where an instance keeps them. `server` holds the private key and its chain: Kafka's PEM key store."""

    folder: Path

    @classmethod
    def of(cls, settings: Settings) -> "CertificateFiles":
        """Return the files of an instance."""
        return cls(settings.instance_dir / "tls")

    @property
    def authority(self) -> Path:
        """What every landlord is given."""
        return self.folder / "ca.pem"

    @property
    def authority_key(self) -> Path:
        """What nobody is given."""
        return self.folder / "ca.key"

    @property
    def server(self) -> Path:
        """The server's private key, its certificate and the authority's."""
        return self.folder / "server.pem"


def ensure_certificates(settings: Settings, now: datetime, *, renew: bool = False) -> bool:
    """Make what is missing, expires within 30 days or names another host; return whether the server's is new.

    `now` is an instant with its zone. `renew` makes a server certificate in any case; the authority never changes.
    """
    files = CertificateFiles.of(settings)
    files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not files.authority_key.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        write_private(files.authority_key, private_pem(key))
        write(files.authority, pem(make_authority(key, now)))
    current = server_certificate(settings)
    if current is not None and not renew and _still_good(current, settings.public_host, now):
        return False
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    signer = read_key(files.authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    made = make_server(key, settings.public_host, authority, signer, now, now + SERVER_LIFE)
    write_private(files.server, private_pem(key) + pem(made) + pem(authority))
    return True


def server_certificate(settings: Settings) -> x509.Certificate | None:
    """Return the server's certificate, None if there is none yet."""
    file = CertificateFiles.of(settings).server
    return x509.load_pem_x509_certificates(file.read_bytes())[0] if file.exists() else None


def hosts_of(certificate: x509.Certificate) -> list[str]:
    """Return the host names and addresses for which a certificate speaks."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


def _still_good(certificate: x509.Certificate, host: str, now: datetime) -> bool:
    return certificate.not_valid_after_utc - now > RENEW_BEFORE and host in hosts_of(certificate)


def make_authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """Return a self-signed authority that signs server certificates and nothing beneath them."""
    name = _name("Autorité de Data & Quartiers Occitanie")
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (
        _builder(key.public_key(), name, name, now - BACKDATED, now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def make_server(
    key: ec.EllipticCurvePrivateKey,
    host: str,
    authority: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
    now: datetime,
    end: datetime,
) -> x509.Certificate:
    """Return a certificate for a host name or address, valid until `end`; this machine's own names always count."""
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    names = [_general_name(one) for one in dict.fromkeys((host, *ALWAYS))]
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return (
        _builder(key.public_key(), _name(host), authority.subject, now - BACKDATED, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer_key, critical=False)
        .sign(signer, hashes.SHA256())
    )


def _builder(
    key: ec.EllipticCurvePublicKey, subject: x509.Name, issuer: x509.Name, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PKCS #8 text, the only form that Kafka reads."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Return a private key that this module wrote. Raises TypeError for one of another kind."""
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{file} holds a key that was not made here")
    return key


def write_private(file: Path, content: bytes) -> None:
    """Replace a file that only its owner reads, from its first byte on."""
    write(file, content, 0o600)


def write(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Replace a file at once: nobody ever reads half of it."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as handle:
        handle.write(content)
    fresh.replace(file)
