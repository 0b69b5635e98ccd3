"""`quartiers simulate`: the synthetic region as files, with its truth beside it."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "simulate",
        help="Écrit une région fictive de cinq ans : messages.jsonl, et la vérité à côté (truth.csv, truth.json).",
    )
    def write(
        folder: Annotated[Path, typer.Argument(help="Dossier à écrire.")],
        start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Premier jour.")] = datetime(2021, 1, 1),  # noqa: DTZ001
        end: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Lendemain du dernier jour.")] = datetime(  # noqa: DTZ001
            2026, 1, 1
        ),
        seed: Annotated[int, typer.Option(help="Même graine, mêmes octets.")] = 2026,
        scale: Annotated[float, typer.Option(min=0.001, help="1 : le parc réel, environ 300 000 logements.")] = 0.1,
        extract: Annotated[
            bool, typer.Option("--extract", help="Écrit aussi les exports d'un bailleur, défauts compris : CSV.")
        ] = False,
        landlord: Annotated[
            str, typer.Option(help="SIREN de ce bailleur (sinon : celui qui a le plus de logements en QPV).")
        ] = "",
        months: Annotated[int, typer.Option(min=1, help="Nombre de mois exportés, les derniers.")] = 2,
    ) -> None:
        if start >= end:
            raise typer.BadParameter("le premier jour doit précéder la fin", param_hint="--start, --end")
        # The region is slow to load: `--help` does not wait for it.
        from operations.simulation import write_extracts, write_messages, write_truth
        from producers.region import simulate

        region = simulate(start.date(), end.date(), seed, scale)
        folder.mkdir(parents=True, exist_ok=True)
        write_messages(region, folder)
        write_truth(region, folder)
        typer.echo(f"Écrit dans {folder} : messages.jsonl, truth.csv, truth.json")
        if extract:
            for path in write_extracts(region, folder, landlord, end.date(), months, seed):
                typer.echo(f"Export : {path}")
        typer.echo("Incidents :")
        names = {one.siren: one.name for one in region.landlords}
        for one in region.incidents:
            whose = names.get(one.landlord or "", one.qpv)
            typer.echo(f"  {one.start:%d/%m/%Y}  {one.kind}, {whose} : {one.label_fr}")
