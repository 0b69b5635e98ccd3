"""`quartiers publish`: an extract's moves, stock and declaration, sent; with `--wait`, what became of them."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "publish",
        help="Envoie un extrait : mouvements, parc et déclaration. Deux fois le même fichier ne compte qu'une fois.",
    )
    def publish_file(
        file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Extrait à envoyer (CSV ou XLSX).")],
        folder: Annotated[Path, typer.Option(help="Dossier du bailleur.")] = Path(),
        complete_through: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="Tous les mouvements jusqu'à ce jour sont dans l'envoi."),
        ] = None,
        complete_from: Annotated[
            datetime | None, typer.Option(formats=["%Y-%m-%d"], help="… et depuis ce jour (une fois suffit).")
        ] = None,
        despite_errors: Annotated[
            bool,
            typer.Option("--despite-errors", help="Déclarer complet bien que des lignes en erreur ne partent pas."),
        ] = False,
        scope: Annotated[
            Literal["whole_stock", "qpv_only"], typer.Option(help="Tout le parc, ou les QPV seuls.")
        ] = "whole_stock",
        state: Annotated[
            bool, typer.Option("--state", help="Déduire les mouvements d'états successifs du parc.")
        ] = False,
        counts_only: Annotated[
            bool, typer.Option("--counts-only", help="Aucune ligne ne part : seuls des comptes par mois et par lieu.")
        ] = False,
        since: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help="Premier état : premier jour dont les mouvements sont envoyés."),
        ] = None,
        confirm_shrink: Annotated[
            bool, typer.Option("--confirm-shrink", help="Les logements absents sont vraiment sortis du parc.")
        ] = False,
        extracted_at: Annotated[
            datetime | None,
            typer.Option(
                formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
                help="Instant de l'extrait ; sinon la date de son nom, sinon celle du fichier.",
            ),
        ] = None,
        k: Annotated[
            int | None,
            typer.Option(min=1, help="Une combinaison de moins de k mouvements (5) perd du détail. 1 : sans effet."),
        ] = None,
        show: Annotated[int, typer.Option(min=0, help="Nombre d'avertissements à détailler.")] = 5,
        sandbox: Annotated[bool, typer.Option("--sandbox", help="Essai : des accusés, rien n'est compté.")] = False,
        via: Annotated[str, typer.Option(help="Adresse de la passerelle HTTPS, si le port de Kafka est fermé.")] = "",
        wait: Annotated[bool, typer.Option("--wait", help="Attendre les accusés de réception.")] = False,
        timeout: Annotated[float, typer.Option(min=1, help="Secondes à attendre les accusés.")] = 120,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Tout préparer, ne rien envoyer.")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Ne rien demander.")] = False,
    ) -> None:
        # What reads, locates and sends is slow to load: `--help` does not wait for it.
        from producers.coarsening import K
        from producers.dispatch import Options, run
        from producers.instants import instant_of
        from producers.publishing import States
        from producers.workspace import Workspace
        from runtime.clock import SystemClock

        if state and counts_only:
            raise typer.BadParameter("--counts-only compte un fichier de mouvements, pas des états successifs")
        if not file.is_file():
            what = "est un dossier : un fichier est attendu" if file.is_dir() else "n'existe pas"
            raise typer.BadParameter(f"{file} {what}", param_hint="FICHIER")
        now = SystemClock().now()
        options = Options(
            sandbox=sandbox,
            via=via,
            wait=wait,
            seconds=timeout,
            dry_run=dry_run,
            ask=sys.stdin.isatty() and not yes,
            scope=scope,
            first=complete_from.date() if complete_from else None,
            through=complete_through.date() if complete_through else None,
            states=States(since.date() if since else None, confirm_shrink) if state else None,
            counts_only=counts_only,
            despite_errors=despite_errors,
            warnings_shown=show,
        )
        raise typer.Exit(run(file, Workspace(folder), options, k or K, instant_of(file, extracted_at, now), now))
