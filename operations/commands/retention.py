"""`quartiers retention run | show | keep | map`: how long rows are kept, and what was folded."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from operations.numbers import number
from runtime.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(
        no_args_is_help=True,
        help="La durée de conservation : ce qui est plus ancien est replié dans une base sans pseudonymes, et reste "
        "compté.",
    )
    app.add_typer(family, name="retention")

    @family.command(
        help="Replie ce qui a dépassé la durée et vide la quarantaine de plus de trente jours ; l'agent le fait chaque "
        "nuit."
    )
    def run(name: InstanceName = None) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from runtime.database import connect
        from streams.retention import nightly

        with connect(Settings.load(name), "ingest", autocommit=True) as connection:
            done = nightly.run(connection)
        if done is None:
            typer.echo("Un autre programme replie en ce moment : il n'y a rien à faire.")
            return
        typer.echo(
            f"Replié ce qui précède le {done.before:%d/%m/%Y} : {number(done.moves)} mouvements, "
            f"{number(done.days)} comptes quotidiens, {number(done.facts)} faits. "
            f"Contenus refusés de plus de trente jours, effacés : {number(done.refused)}."
        )

    @family.command(help="Montre la durée, la limite, ce qui est replié et ce qui est encore gardé ligne à ligne.")
    def show(name: InstanceName = None) -> None:
        from operations.retention import state
        from runtime.database import connect

        with connect(Settings.load(name), "ingest") as connection:
            found = state(connection)
        table = Table("Conservation", "", title="Registre des mouvements")
        for label, value in found.lines_fr():
            table.add_row(label, value)
        Console().print(table)

    @family.command(help="Change la durée de conservation ; ce qui fut replié ne revient pas.")
    def keep(
        months: Annotated[int, typer.Argument(metavar="MOIS", min=14, max=120, help="Mois après celui de l'effet.")],
        name: InstanceName = None,
    ) -> None:
        from operations.retention import keep as keep_months
        from runtime.database import connect

        with connect(Settings.load(name), "ingest") as connection:
            keep_months(connection, months)
        typer.echo(f"Durée : {months} mois après celui de l'effet, dès la nuit prochaine. Tenez-en le registre à jour.")

    @family.command("map", help="Écrit la cartographie des données du dossier RGPD (pour qui développe).")
    def write_map(name: InstanceName = None) -> None:
        from operations import data_map
        from runtime.database import connect

        with connect(Settings.load(name), "migrator") as connection:
            data_map.write(connection)
        typer.echo(f"Cartographie écrite dans {data_map.FILE}")
