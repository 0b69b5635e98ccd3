"""`quartiers receipts`: what became of what a landlord sent."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("receipts", help="Montre les accusés de réception de l'observatoire.")
    def list_receipts(
        folder: Annotated[Path, typer.Option(help="Dossier du bailleur.")] = Path(),
        since: Annotated[
            datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="Depuis cet instant.")
        ] = None,
        rejected: Annotated[bool, typer.Option("--rejected", help="Seulement ceux qui refusent un événement.")] = False,
        sandbox: Annotated[bool, typer.Option("--sandbox", help="Ceux du bac à sable, et eux seuls.")] = False,
        via: Annotated[str, typer.Option(help="Adresse de la passerelle HTTPS.")] = "",
        as_json: Annotated[bool, typer.Option("--json", help="Un accusé par ligne, en JSON.")] = False,
    ) -> None:
        # Kafka's client is slow to load: `--help` does not wait for it.
        from rich.console import Console

        from producers.access import open_mailbox
        from producers.outcome import chosen, show_receipts
        from producers.workspace import Workspace
        from runtime.clock import PARIS
        from runtime.connection import Connection

        connection = Connection.read(Workspace(folder).connection)
        with open_mailbox(connection, via) as mailbox:
            found = list(chosen(mailbox.since(since and since.replace(tzinfo=PARIS)), rejected, sandbox))
        if as_json:
            for receipt in found:
                typer.echo(receipt.model_dump_json())
            return
        show_receipts(found, Console())
