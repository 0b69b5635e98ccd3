"""`quartiers connection`: does the connection file lead to the observatory, with the right to write?"""

from pathlib import Path
from typing import Annotated

import typer

from producers.workspace import Workspace
from runtime.connection import Connection


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Vérifie le fichier de connexion : adresse, certificat, mot de passe, droits. Rien n'est envoyé.")
    def connection(
        folder: Annotated[Path, typer.Option(help="Dossier où se trouve connection.toml.")] = Path(),
        via: Annotated[str, typer.Option(help="Adresse de la passerelle HTTPS, si le port de Kafka est fermé.")] = "",
    ) -> None:
        access = Connection.read(Workspace(folder).connection)
        for sandbox in (False, True):
            require(access, via, sandbox=sandbox)
        typer.echo(
            f"Tout est en ordre : {via or access.bootstrap} répond, et {access.user} peut écrire, pour de vrai et au "
            "bac à sable."
        )


def require(access: Connection, via: str, *, sandbox: bool) -> None:
    """Raise the LandlordError that says why nothing could be sent now, by Kafka or by the gateway `via`."""
    # kafka-python and httpx: `--help` does not wait for them.
    from producers.broker_faults import require_access
    from producers.gateway_client import GatewayClient

    if not via:
        require_access(access, sandbox=sandbox)
        return
    with GatewayClient(access, via, sandbox=sandbox) as gateway:
        gateway.require_access()
