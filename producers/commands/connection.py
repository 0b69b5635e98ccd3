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
    ) -> None:
        from producers.broker_faults import require_access  # kafka-python: `--help` does not wait for it

        access = Connection.read(Workspace(folder).connection)
        require_access(access)
        require_access(access, sandbox=True)
        typer.echo(
            f"Tout est en ordre : {access.bootstrap} répond, et {access.user} peut écrire, pour de vrai et au bac à "
            "sable."
        )
