"""`quartiers receipts`: what became of what a landlord sent."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from producers import outcome
from producers.access import open_mailbox
from producers.workspace import Workspace
from runtime.clock import PARIS
from runtime.connection import Connection
from schemas.events.receipts import ReceiptEvent


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
        connection = Connection.read(Workspace(folder).connection)
        with open_mailbox(connection, via) as mailbox:
            found = list(chosen(mailbox.since(since and since.replace(tzinfo=PARIS)), rejected, sandbox))
        if as_json:
            for receipt in found:
                typer.echo(receipt.model_dump_json())
            return
        show(found, Console())


def chosen(receipts: Iterable[ReceiptEvent], rejected: bool, sandbox: bool) -> Iterable[ReceiptEvent]:
    """Yield the receipts that were asked for."""
    for one in receipts:
        if one.data.sandbox == sandbox and (one.data.rejected_total or not rejected):
            yield one


def show(receipts: list[ReceiptEvent], console: Console) -> None:
    """Show receipts, one a row, then what they add up to."""
    if not receipts:
        console.print("Aucun accusé de réception.")
        return
    console.print(outcome.receipts_table(receipts))
    answer = outcome.Answer()
    for one in receipts:
        answer.add(one)
    for table in outcome.tables(answer):
        console.print(table)
