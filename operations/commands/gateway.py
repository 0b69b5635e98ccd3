"""`quartiers gateway`: the HTTPS gateway, in the foreground; `up --gateway` leaves one behind."""

import base64
import os
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from operations.commands.services import InstanceName
from runtime.clock import SystemClock
from runtime.settings import Settings

KEYSTORE = "QUARTIERS_TLS_KEYSTORE"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Passerelle HTTPS, pour les bailleurs dont le réseau ne laisse pas sortir Kafka. Reste au premier plan ; "
        "`up --gateway` la laisse en marche."
    )
    def gateway(
        listen: Annotated[
            str | None, typer.Option(help="Adresse d'écoute ; par défaut la boucle locale, sauf nom public.")
        ] = None,
        name: InstanceName = None,
    ) -> None:
        from operations.gateway import server  # aiohttp: nobody else waits for it
        from runtime.logging import configure

        configure()
        settings = Settings.load(name)
        address = listen or settings.listen_address
        with tempfile.TemporaryDirectory() as folder:
            server.run(settings.kafka_bootstrap, address, settings.port("gateway"), certificate(settings, Path(folder)))


def certificate(settings: Settings, folder: Path) -> Path:
    """Return the server's certificate: in a container it is given by the environment, and written to `folder`."""
    from operations.certificates import CertificateFiles, ensure_certificates, write_private

    if given := os.environ.get(KEYSTORE):
        write_private(folder / "server.pem", base64.b64decode(given))
        return folder / "server.pem"
    ensure_certificates(settings, SystemClock().now())
    return CertificateFiles.of(settings).server
