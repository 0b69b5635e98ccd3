"""`quartiers prepare`: what `up` does between services and workers; compose's service `migrate` runs it."""

import typer

from operations.commands.services import InstanceName
from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Met à jour le schéma, les territoires et les droits de l'agent ; `up` le fait déjà. Kafka et la base "
        "doivent tourner."
    )
    def prepare(name: InstanceName = None) -> None:
        from operations import instance  # the services' clients: `--help` does not wait for them

        instance.prepare(Settings.load(name))
        typer.echo("Schéma, territoires et droits de l'agent : à jour.")
