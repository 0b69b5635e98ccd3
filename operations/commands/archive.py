"""`quartiers archive run | verify | prune`: the operator's own cold copy of what landlords sent."""

import signal
import threading
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from operations.commands.services import InstanceName
from operations.numbers import number as in_french
from runtime.clock import SystemClock
from runtime.settings import Settings

Folder = Annotated[
    Path | None, typer.Option("--to", help="Dossier de l'archive ; par défaut `archive` dans celui de l'instance.")
]


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(
        no_args_is_help=True, help="La copie froide des messages reçus : la tenir, la vérifier, la purger."
    )
    app.add_typer(family, name="archive")

    @family.command(
        help="Copie les messages de tous les bailleurs en fichiers Parquet, chacun une fois. Reste au premier plan ; "
        "arrêtée ou tuée, la même commande reprend où elle en était."
    )
    def run(to: Folder = None, name: InstanceName = None) -> None:
        # Kafka's client and Arrow are slow to load, here and below: `--help` does not wait for them.
        from consumers.archive.reading import archive
        from runtime.logging import configure

        configure()
        settings, stopping = Settings.load(name), threading.Event()
        for received in (signal.SIGINT, signal.SIGTERM):
            signal.signal(received, lambda *_: stopping.set())
        archive(settings, folder_of(settings, to), SystemClock(), stopping)

    @family.command(
        help="Relit toute l'archive : aucune position en double, aucune qui manque sans que le trou soit noté. Code 1 "
        "sinon."
    )
    def verify(to: Folder = None, name: InstanceName = None) -> None:
        from consumers.archive.checking import verify as examine

        verdict = examine(folder_of(Settings.load(name), to))
        typer.echo(f"Fichiers : {in_french(verdict.files)} ; messages : {in_french(verdict.records)}.")
        if verdict.lost:
            typer.echo(f"Positions perdues et notées, que Kafka avait déjà effacées : {in_french(verdict.lost)}.")
        for problem in verdict.problems:
            typer.secho(problem, fg="red", err=True)
        if verdict.problems:
            raise typer.Exit(1)
        typer.echo("L'archive est entière.")

    @family.command(
        help="Ôte ce qui a passé sa durée de conservation, celle du registre (30 jours si ce fut illisible) ; avec "
        "--landlord, plutôt tout ce qui parle des mouvements ou des logements nommés. À lancer chaque jour."
    )
    def prune(
        landlord: Annotated[str | None, typer.Option(help="Effacer chez ce bailleur (SIREN).")] = None,
        move_id: Annotated[
            list[UUID] | None, typer.Option(help="Mouvement à effacer ; plusieurs fois au besoin.")
        ] = None,
        dwelling: Annotated[
            list[UUID] | None, typer.Option(help="Logement à effacer ; plusieurs fois au besoin.")
        ] = None,
        months: Annotated[
            int | None,
            typer.Option(min=14, max=120, help="Mois de conservation ; par défaut ceux de `quartiers retention keep`."),
        ] = None,
        to: Folder = None,
        name: InstanceName = None,
    ) -> None:
        from consumers.archive import retention

        settings = Settings.load(name)
        folder = folder_of(settings, to)
        pseudonyms = [*(move_id or ()), *(dwelling or ())]
        if bool(landlord) != bool(pseudonyms):
            raise typer.BadParameter("--landlord va avec au moins un --move-id ou un --dwelling, et eux avec lui")
        if landlord:
            erased = retention.erase(folder, landlord, pseudonyms, SystemClock().now())
            typer.echo(f"Événements effacés de l'archive : {in_french(erased)}.")
            return
        pruned = retention.prune(folder, SystemClock().now(), months or kept_months(settings))
        typer.echo(f"Fichiers ôtés : {in_french(pruned.files)} ; événements ôtés : {in_french(pruned.events)}.")


def kept_months(settings: Settings) -> int:
    """Return how long the ledger keeps rows: its copy is kept no longer."""
    from operations.retention import state
    from runtime.database import connect

    with connect(settings, "ingest") as connection:
        return state(connection).months


def folder_of(settings: Settings, to: Path | None) -> Path:
    """Return the archive's folder."""
    return to or settings.instance_dir / "archive"
