"""`quartiers notifier run | check | waiting`: who is told of alerts, and what still waits."""

import signal
import threading
from functools import partial
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
Kept = Annotated[
    Path | None, typer.Option("--journal", help="Ce qui fut envoyé ; par défaut notifier.sqlite de l'instance.")
]
JOURNAL = "notifier.sqlite"


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Prévenir des alertes : courriels, webhooks, annotations.")
    app.add_typer(family, name="notifier")

    @family.command(help="Prévient les destinataires, chaque étape d'une alerte une fois. Reste au premier plan.")
    def run(recipients: File = None, journal: Kept = None, name: InstanceName = None) -> None:
        # Kafka's client is slow to load, here and below: `--help` does not wait for it.
        from consumers.notifier.channels import mailer, sender
        from consumers.notifier.reading import notify
        from consumers.notifier.recipients import FILE, read_addressees
        from consumers.notifier.weekly import read_week, tell_week
        from runtime.logging import configure

        configure()
        settings, clock, stopping = Settings.load(name), SystemClock(), threading.Event()
        addressees = read_addressees(recipients or settings.instance_dir / FILE)
        for received in (signal.SIGINT, signal.SIGTERM):
            signal.signal(received, lambda *_: stopping.set())
        send, mail = sender(addressees.smtp, clock), mailer(addressees.smtp, clock)
        path = journal or settings.instance_dir / JOURNAL
        notify(
            settings,
            path,
            addressees,
            send,
            clock,
            stopping,
            lambda kept: tell_week(kept, addressees, partial(read_week, settings), mail, clock),
        )

    @family.command(help="Relit le fichier des destinataires et dit qui sera prévenu de quoi.")
    def check(recipients: File = None, name: InstanceName = None) -> None:
        from consumers.notifier.recipients import FILE, read_addressees

        for one in read_addressees(recipients or Settings.load(name).instance_dir / FILE).recipients:
            where = ", ".join(sorted(one.places)) or "partout"
            letter = " ; lettre du lundi" if one.weekly else ""
            address = one.mail or one.webhook or one.grafana
            typer.echo(f"{one.name} ({one.role}) : {address} ; {where} ; {one.rhythm}{letter}.")

    @family.command(help="Montre ce qui attend d'être envoyé, et pourquoi.")
    def waiting(journal: Kept = None, name: InstanceName = None) -> None:
        from consumers.notifier.journal import Journal

        path = journal or Settings.load(name).instance_dir / JOURNAL
        found = Journal(path).waiting() if path.exists() else []
        for one in found:
            why = f" ; dernier échec : {one.failure}" if one.failure else ""
            typer.echo(f"{one.recipient} : {in_french(one.steps)} en attente{why}.")
        if not found:
            typer.echo("Rien n'attend.")
