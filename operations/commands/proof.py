"""`quartiers verify | rebuild | migrate`: the counters, proved and mended."""

import dataclasses
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from operations.commands.services import InstanceName
from operations.numbers import number
from runtime.settings import Settings

if TYPE_CHECKING:
    from operations.verify import Verdict

GRAINS_FR = {
    "daily": "compteurs quotidiens",
    "monthly": "compteurs mensuels",
    "rolling": "fenêtres glissantes",
    "facts": "faits",
    "stock": "parcs",
    "landlord_month": "mois couverts par bailleur",
    "cell_month": "mesures par lieu",
    "observed_month": "mesures par territoire",
    "dwelling_move": "mouvements par logement",
    "voids": "vacances entre deux locataires",
    "tenures": "anciennetés au départ",
}


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(
        help="Recompte tout depuis le registre et compare chaque compteur. Code de sortie 1 si un seul diffère."
    )
    def verify(
        as_json: Annotated[bool, typer.Option("--json", help="Pour une machine.")] = False,
        as_of: Annotated[
            datetime | None,
            typer.Option("--as-of", formats=["%Y-%m-%d"], help="Recompte l'état connu à la fin de ce jour."),
        ] = None,
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from operations.verify import recount_as_of
        from operations.verify import verify as prove
        from runtime.database import connect

        with connect(Settings.load(name), "ingest") as connection:
            if as_of is not None:
                show_past(recount_as_of(connection, as_of.date()), as_of.date(), as_json=as_json)
                return
            verdict = prove(connection)
        if as_json:
            typer.echo(json.dumps({"equal": verdict.equal, **dataclasses.asdict(verdict)}, default=str, indent=1))
        else:
            show_verdict(verdict)
        if not verdict.equal:
            raise typer.Exit(1)

    @app.command(
        help="Recalcule tous les compteurs depuis le registre, avec les tables de territoires de ce programme. "
        "Les faits (l'historique des réceptions) restent tels quels."
    )
    def rebuild(name: InstanceName = None) -> None:
        from operations import rebuild as rebuilding
        from runtime.database import connect
        from schemas.territories import load

        with connect(Settings.load(name), "migrator") as connection:
            for grain, rows in rebuilding.rebuild(connection, load()).items():
                typer.echo(f"{grain} : {number(rows)} lignes")

    @app.command(help="Met le schéma de la base à jour.")
    def migrate(name: InstanceName = None) -> None:
        from operations.migrate import migrate as bring_up

        applied = bring_up(Settings.load(name))
        typer.echo("\n".join(f"appliquée : {one.name}" for one in applied) or "La base est à jour.")


def show_verdict(verdict: "Verdict") -> None:
    """Print what was compared and every difference listed."""
    table = Table(title=f"Recomptage de {number(verdict.moves)} mouvements, fenêtres au {verdict.as_of:%d/%m/%Y}")
    for heading in ("Compteurs", "Comparés", "Différents"):
        table.add_column(heading, justify="left" if heading == "Compteurs" else "right")
    for grain, compared in verdict.compared.items():
        table.add_row(GRAINS_FR[grain], number(compared), number(verdict.differing[grain]))
    console = Console()
    console.print(table)
    for one in verdict.differences:
        console.print(f"  {GRAINS_FR[one.grain]} {one.key} : compteur {one.counter}, recompté {one.recount}")
    if verdict.waiting:
        console.print(f"{number(verdict.waiting)} faits en attente : les mesures les prendront dès que possible.")
    console.print(
        "[green]Égal : chaque compteur est le recomptage." if verdict.equal else "[red]Des compteurs diffèrent."
    )


def show_past(rows: list[tuple[str, str, int]], day: date, *, as_json: bool) -> None:
    """Print the moves by month and direction as they were known at the end of a day."""
    if as_json:
        documents = [{"month": month, "direction": direction, "moves": n} for month, direction, n in rows]
        typer.echo(json.dumps({"as_of": day.isoformat(), "months": documents}, indent=1))
        return
    table = Table("Mois", "Sens", "Mouvements", title=f"Connu au soir du {day:%d/%m/%Y}")
    for month, direction, n in rows:
        table.add_row(month, "départs" if direction == "out" else "arrivées", number(n))
    Console().print(table)
