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
        from producers.access import require_way  # kafka-python and httpx: `--help` does not wait for them

        access = Connection.read(Workspace(folder).connection)
        for sandbox in (False, True):
            require_way(access, via, sandbox=sandbox)
        typer.echo(
            f"Tout est en ordre : {via or access.bootstrap} répond, et {access.user} peut écrire, pour de vrai et au "
            "bac à sable."
        )
