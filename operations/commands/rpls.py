"""`quartiers rpls import | compare`: INSEE's RPLS on QPVs, and our arrival rate reconciled with its own."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from operations.commands.services import InstanceName
from operations.numbers import number
from runtime.settings import Settings

SETTLED_MONTHS = 4


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(no_args_is_help=True, help="Le RPLS de l'INSEE par quartier : l'importer, s'y comparer.")
    app.add_typer(family, name="rpls")

    @family.command(
        "import",
        help="Importe le fichier de l'INSEE par quartier (QPV 2015 ou 2024). Tout ou rien ; un nouvel import du même "
        "millésime remplace l'ancien.",
    )
    def take_in(
        path: Annotated[Path, typer.Argument(metavar="FICHIER", help="CSV de l'INSEE, tel que téléchargé.")],
        year: Annotated[
            int | None,
            typer.Option(
                min=2010,
                max=2100,
                help="RPLS au 1er janvier de cette année ; sinon, lue dans le nom.",
            ),
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Contrôle le fichier sans rien écrire.")] = False,
        name: InstanceName = None,
    ) -> None:
        # The database's client is slow to load: `--help` does not wait for it.
        from operations.rpls.importing import import_rpls
        from operations.rpls.reading import read_rpls, year_of
        from runtime.database import connect

        vintage = year or year_of(path.name)
        if vintage is None:
            raise typer.BadParameter("dites de quel 1er janvier est ce fichier", param_hint="--year")
        found = read_rpls(path)
        with connect(Settings.load(name), "ingest") as connection:
            done = import_rpls(connection, found, vintage, f"INSEE, RPLS {vintage} ({path.name})", dry_run=dry_run)
        verb = "seraient importés" if dry_run else "importés"
        typer.echo(f"RPLS au 1er janvier {vintage}, QPV {done.generation} : {number(done.kept)} quartiers {verb}.")
        typer.echo(f"Sans nombre de logements (secret statistique) : {number(done.secret)}.")
        typer.echo(f"D'autres régions, laissés de côté : {number(done.elsewhere)}.")
        if done.missing:
            typer.echo(f"Absents du fichier, représentativité inconnue : {', '.join(done.missing)}")

    @family.command(
        help="Compare notre taux d'emménagement à celui du RPLS sur la région fictive, chaque écart expliqué logement "
        "par logement."
    )
    def compare(
        year: Annotated[int, typer.Option(min=2001, max=2100, help="RPLS au 1er janvier de cette année.")],
        write: Annotated[Path | None, typer.Option(help="Écrit la page dans ce fichier au lieu de la montrer.")] = None,
        seed: Annotated[int, typer.Option(help="Même graine, mêmes chiffres.")] = 2026,
        scale: Annotated[float, typer.Option(min=0.01, help="1 : le parc réel.")] = 1.0,
    ) -> None:
        # The region is slow to load: `--help` does not wait for it.
        from operations.rpls import reconciliation
        from operations.rpls.page import written
        from producers.region import simulate

        region = simulate(date(year - 2, 1, 1), date(year, SETTLED_MONTHS, 1), seed, scale)
        text = written(*reconciliation.compare(region, year), year=year, seed=seed, scale=scale)
        if write is None:
            typer.echo(text)
            return
        write.write_text(text, encoding="utf-8")
        typer.echo(f"Écrit : {write}")
