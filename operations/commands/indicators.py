"""`quartiers indicators`: write what is made from the records of indicators: the guide, and parts of migrations."""

from pathlib import Path
from typing import Annotated

import typer

from runtime.settings import ROOT

PAGE = ROOT / "docs" / "indicateurs.md"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Écrit le guide des indicateurs d'après leurs fiches ; --check dit s'il est à refaire, et les vues aussi."
    )
    def indicators(
        check: Annotated[
            bool, typer.Option("--check", help="N'écrit rien ; code 1 si quelque chose est à refaire.")
        ] = False,
        sql: Annotated[
            Path | None,
            typer.Option(help="Migration, pas encore publiée, dont les parties générées sont à récrire."),
        ] = None,
    ) -> None:
        from schemas.indicators import guide, views  # the records: `--help` does not wait for them

        if not check:
            PAGE.write_text(guide.page(), encoding="utf-8")
            typer.echo(f"Guide des indicateurs écrit dans {PAGE}")
            if sql is not None:
                sql.write_text(views.refreshed(sql.read_text(encoding="utf-8")), encoding="utf-8")
                typer.echo(f"Parties générées écrites dans {sql}")
        stale = [f"la partie « {name} » des migrations" for name in views.stale_parts()]
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != guide.page():
            stale.append(f"le guide {PAGE.name}")
        if stale:
            typer.echo(
                f"À refaire d'après les fiches : {', '.join(stale)}. Écrivez une nouvelle migration avec les parties "
                "qui changent, puis `quartiers indicators --sql` suivi de son chemin.",
                err=True,
            )
            raise typer.Exit(1)
