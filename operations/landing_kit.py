"""The landing kit: the folder that a new landlord is given, and all it needs to send its first message.

It holds the landlord's password: it is written of mode 700, its connection file of mode 600, and nothing of it is
kept here.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from operations.certificates import CertificateFiles, hosts_of, server_certificate, write, write_private
from operations.landlords import EnrolmentError
from runtime.connection import FILE_NAME
from runtime.settings import ROOT, Settings
from runtime.topics import landlord_principal, moves_topic, receipts_topic, sandbox_topic

GUIDE = Path(__file__).with_name("landing_kit.md")
GUIDE_NAME = "LISEZ-MOI.md"
AUTHORITY_NAME = "ca.pem"
WHEELS = ROOT / "dist"
"""Where `make wheel` leaves the landlords' tool."""


@dataclass(frozen=True)
class Access:
    """What a kit says: who, by which addresses, and whom to call. `gateway` is empty where there is none."""

    siren: str
    name: str
    bootstrap: str
    gateway: str
    contact: str


def checked_bootstrap(settings: Settings, bootstrap: str | None) -> str:
    """Return the address for landlords, this server's public one by default.

    Raises EnrolmentError for one that the server's certificate does not speak for.
    """
    address = bootstrap or settings.public_address("kafka_tls")
    host, _, port = address.rpartition(":")
    certificate = server_certificate(settings)
    if not host or not port.isdecimal():
        raise EnrolmentError(f"« {address} » n'est pas une adresse : attendu nom:port.")
    if certificate is None or host not in hosts_of(certificate):
        raise EnrolmentError(
            f"Le certificat du serveur n'est pas au nom de « {host} » : `quartiers certificates --host {host}` d'abord."
        )
    return address


def write_kit(settings: Settings, folder: Path, access: Access, password: str | None) -> Path | None:
    """Write the kit; return the tool that lies in it, None where none was built.

    Without a password the connection file that is there stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if password is not None:
        write_private(folder / FILE_NAME, connection_file(access, password).encode())
    write(folder / AUTHORITY_NAME, CertificateFiles.of(settings).authority.read_bytes())
    wheel = newest_wheel(WHEELS)
    if wheel is not None:
        write(folder / wheel.name, wheel.read_bytes())
    write(folder / GUIDE_NAME, guide(access, wheel).encode())
    return wheel


def newest_wheel(folder: Path) -> Path | None:
    """Return the landlords' tool that was built last, None if none was."""
    return max(folder.glob("data_quartiers_occitanie-*.whl"), key=lambda one: one.stat().st_mtime, default=None)


def connection_file(access: Access, password: str) -> str:
    """Return the text of `connection.toml`."""
    values = {
        "siren": access.siren,
        "name": access.name,
        "bootstrap": access.bootstrap,
        "password": password,
        "ca_file": AUTHORITY_NAME,
        **({"gateway": access.gateway} if access.gateway else {}),
    }
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    head = "# Remis par l'observatoire. Ce fichier contient votre mot de passe : ne l'envoyez à personne."
    return "\n".join([head, *lines, ""])


def guide(access: Access, wheel: Path | None) -> str:
    """Return the text of `LISEZ-MOI.md`; `wheel` is the tool in the kit, None where it must be asked for."""
    tool = (
        "Le fichier `.whl` de ce dossier est l'outil."
        if wheel
        else "Demandez à votre interlocuteur le fichier `.whl` de l'outil, et rangez-le ici."
    )
    https = (
        f"Si votre réseau ne laisse pas sortir ce port, ajoutez `--via {access.gateway}` à `connection`, `publish` et "
        "`receipts` : tout passe par HTTPS."
        if access.gateway
        else "Si votre réseau ne laisse pas sortir ce port, faites-le ouvrir, ou demandez l'accès HTTPS."
    )
    return GUIDE.read_text(encoding="utf-8").format(
        name=access.name,
        siren=access.siren,
        bootstrap=access.bootstrap,
        user=landlord_principal(access.siren),
        moves=moves_topic(access.siren),
        sandbox=sandbox_topic(access.siren),
        receipts=receipts_topic(access.siren),
        contact=access.contact,
        tool=tool,
        wheel=wheel.name if wheel else "data_quartiers_occitanie-VERSION-py3-none-any.whl",
        https=https,
    )
