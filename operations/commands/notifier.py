"""`quartiers notifier run | check | waiting`: who is told of alerts, and what still waits."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from operations.commands.services import InstanceName
from operations.numbers import number as in_french
from runtime.clock import SystemClock
from runtime.settings import Settings

File = Annotated[
    Path | None, typer.Option("--recipients", help="Destinataires ; par défaut destinataires.toml de l'instance.")
]
JOURNAL = "notifier.sqlite"


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Prévenir des alertes : courriels, webhooks, annotations.")
    app.add_typer(family, name="notifier")

    @family.command(help="Prévient les destinataires, chaque étape d'une alerte une fois. Reste au premier plan.")
    def run(recipients: File = None, name: InstanceName = None) -> None:
        # Kafka's client is slow to load, here and below: `--help` does not wait for it.
        from consumers.notifier.channels import sender
        from consumers.notifier.reading import notify
        from consumers.notifier.recipients import FILE, read_addressees
        from runtime.logging import configure

        configure()
        settings, clock, stopping = Settings.load(name), SystemClock(), threading.Event()
        addressees = read_addressees(recipients or settings.instance_dir / FILE)
        for received in (signal.SIGINT, signal.SIGTERM):
            signal.signal(received, lambda *_: stopping.set())
        send = sender(addressees.smtp, clock)
        notify(settings, settings.instance_dir / JOURNAL, addressees, send, clock, stopping)

    @family.command(help="Relit le fichier des destinataires et dit qui sera prévenu de quoi.")
    def check(recipients: File = None, name: InstanceName = None) -> None:
        from consumers.notifier.recipients import FILE, read_addressees

        for one in read_addressees(recipients or Settings.load(name).instance_dir / FILE).recipients:
            where = ", ".join(sorted(one.places)) or "partout"
            typer.echo(f"{one.name} ({one.role}) : {one.mail or one.webhook or one.grafana} ; {where} ; {one.rhythm}.")

    @family.command(help="Montre ce qui attend d'être envoyé, et pourquoi.")
    def waiting(name: InstanceName = None) -> None:
        from consumers.notifier.journal import Journal

        path = Settings.load(name).instance_dir / JOURNAL
        found = Journal(path).waiting() if path.exists() else []
        for one in found:
            why = f" ; dernier échec : {one.failure}" if one.failure else ""
            typer.echo(f"{one.recipient} : {in_french(one.steps)} en attente{why}.")
        if not found:
            typer.echo("Rien n'attend.")
