"""`quartiers export`: the published layer as open data, a folder per vintage; `--check` examines one."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from operations.commands.services import InstanceName
from operations.numbers import number as in_french
from runtime.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from consumers.opendata.folder import Exported

DEFAULT_FOLDER = Path("donnees-ouvertes")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Écrit un millésime publié en données ouvertes (CSV, Parquet, schémas, DCAT), prêt pour data.gouv.fr. "
        "Deux fois le même millésime donne les mêmes fichiers. --check contrôle un dossier sans rien écrire."
    )
    def export(
        vintage: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m"], metavar="AAAA-MM", help="Millésime ; le dernier publié sinon."),
        ] = None,
        to: Annotated[Path | None, typer.Option(help=f"Dossier à écrire ; {DEFAULT_FOLDER}/AAAA-MM sinon.")] = None,
        check: Annotated[
            Path | None,
            typer.Option(metavar="DOSSIER", help="Contrôle ce dossier ; code 1 si quelque chose ne va pas."),
        ] = None,
        name: InstanceName = None,
    ) -> None:
        if check is not None:
            if vintage or to:
                raise typer.BadParameter("--check ne va pas avec --vintage ni --to")
            examine(check)
            return
        exported = write(Settings.load(name), vintage.date() if vintage else None, to)
        if not exported.new:
            typer.echo(f"{exported.folder} est déjà ce millésime, à l'identique : rien n'est récrit.")
            return
        for table, rows in exported.rows.items():
            typer.echo(f"{table} : {in_french(rows)} lignes.")
        typer.echo(f"Millésime {exported.vintage.month:%Y-%m} écrit dans {exported.folder}.")


def write(settings: Settings, month: "date | None", to: Path | None) -> "Exported":
    """Export a vintage under a progress bar."""
    # The database's client, Arrow and the registry are slow to load: `--help` does not wait for them.
    from rich.console import Console
    from rich.progress import Progress

    from consumers.opendata.folder import export
    from runtime.database import connect

    with (
        connect(settings, "public_reader") as connection,
        Progress(console=Console(stderr=True), transient=True) as bar,
    ):
        task = bar.add_task("Territoires", total=None)
        return export(
            connection,
            month,
            lambda vintage: to or DEFAULT_FOLDER / f"{vintage.month:%Y-%m}",
            lambda done, total: bar.update(task, completed=done, total=total),
        )


def examine(folder: Path) -> None:
    """Say what is wrong with an exported folder. Raises typer.Exit(1) if anything is."""
    from consumers.opendata.checking import check

    wrong = check(folder)
    for one in wrong:
        typer.secho(one, fg="red", err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo(f"{folder} est entier et conforme à ses schémas.")
