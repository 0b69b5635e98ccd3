"""`quartiers territory import | list | remove`: territories of one's own."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(
        no_args_is_help=True, help="Vos territoires : contrats de ville, ensembles de QPV et communes."
    )
    app.add_typer(family, name="territory")

    @family.command(
        "import",
        help="Prend les territoires d'un fichier CSV (code;nom;membre, une ligne par membre : QPV de 2015 ou de 2024, "
        "ou commune), à la place de ceux du même code, et recompte tout.",
    )
    def import_file(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Le fichier CSV, en UTF-8.")],
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from operations import own_territories as own
        from runtime.database import connect
        from schemas.territories import load

        try:
            wanted = own.read(file.read_text(encoding="utf-8"), load())
        except UnicodeDecodeError:
            raise typer.BadParameter("le fichier n'est pas en UTF-8 : enregistrez-le comme « CSV UTF-8 »") from None
        except own.OwnTerritoryError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        with connect(Settings.load(name), "migrator") as connection:
            own.keep(connection, wanted)
        for one in wanted:
            typer.echo(f"{one.code} · {one.name} : {len(one.members)} membre(s)")

    @family.command("list", help="Montre vos territoires et leurs membres.")
    def list_known(name: InstanceName = None) -> None:
        from operations import own_territories as own
        from runtime.database import connect

        table = Table("Code", "Nom", "Membres")
        with connect(Settings.load(name), "ingest") as connection:
            for one in own.known(connection):
                table.add_row(one.code, one.name, ", ".join(one.members))
        Console().print(table if table.row_count else "Aucun territoire : `quartiers territory import` en prend.")

    @family.command(help="Retire un territoire, avec tout ce qui en fut compté, et recompte tout.")
    def remove(
        code: Annotated[str, typer.Argument(help="Le code du territoire.")],
        name: InstanceName = None,
    ) -> None:
        from operations import own_territories as own
        from runtime.database import connect

        try:
            with connect(Settings.load(name), "migrator") as connection:
                own.remove(connection, code)
        except own.OwnTerritoryError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        typer.echo(f"{code} est retiré.")
