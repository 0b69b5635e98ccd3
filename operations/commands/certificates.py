"""`quartiers certificates`: the certificates of the encrypted ports, made, renewed and shown."""

from typing import Annotated

import typer

from operations.commands.services import InstanceName
from operations.services.install import require_writable
from runtime.clock import SystemClock
from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Fait ou renouvelle le certificat des ports chiffrés (Kafka et HTTPS) ; `up` le fait déjà à 30 jours de "
        "son expiration. L'autorité, que les bailleurs connaissent, ne change pas."
    )
    def certificates(
        host: Annotated[
            str | None, typer.Option(help="Nom public du serveur, retenu : ses ports chiffrés s'ouvrent au réseau.")
        ] = None,
        renew: Annotated[bool, typer.Option("--renew", help="Renouvelle sans attendre.")] = False,
        name: InstanceName = None,
    ) -> None:
        # Cryptography and Kafka's client are slow to load: `--help` does not wait for them.
        from operations.certificates import ensure_certificates
        from operations.services import broker_service

        settings = Settings.load(name)
        require_writable(settings.instance_dir)
        moved = host is not None and host != settings.public_host
        if host is not None:
            settings.remember_public_host(host)
        fresh = ensure_certificates(settings, SystemClock().now(), renew=renew)
        running = broker_service.process(settings).pid() is not None
        if fresh and running and not moved:
            broker_service.take_up_certificate(settings)
        show(settings)
        if moved and running:
            typer.echo("Nouveau nom : `quartiers down`, puis `quartiers up`.")


def show(settings: Settings) -> None:
    """Print who the certificate speaks for, until when, and what to give to landlords."""
    from operations.certificates import CertificateFiles, hosts_of, server_certificate

    if (current := server_certificate(settings)) is not None:
        until = f"{current.not_valid_after_utc:%d/%m/%Y}"
        typer.echo(f"Certificat au nom de {', '.join(hosts_of(current))}, jusqu'au {until}.")
    typer.echo(f"Autorité à remettre aux bailleurs : {CertificateFiles.of(settings).authority}")
