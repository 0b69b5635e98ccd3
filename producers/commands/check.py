"""`quartiers check`: read an extract and say what is wrong in it, offline; nothing is sent."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        "check",
        help="Contrôle un extrait sans rien envoyer : erreurs et avertissements par ligne, et comptes par mois.",
    )
    def check_file(
        file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Extrait à contrôler (CSV ou XLSX).")],
        folder: Annotated[Path, typer.Option(help="Dossier du bailleur.")] = Path(),
        mapping: Annotated[
            Path | None, typer.Option(help="Correspondances (défaut : mapping.toml du dossier).")
        ] = None,
        annotated: Annotated[Path | None, typer.Option(help="Copie annotée à écrire.")] = None,
        show: Annotated[int, typer.Option(min=0, help="Nombre de problèmes à détailler.")] = 20,
    ) -> None:
        # What reads and locates is slow to load: `--help` does not wait for it.
        from producers.inspection import inspect
        from producers.workspace import Workspace
        from runtime.clock import SystemClock, paris_today

        workspace, today = Workspace(folder), paris_today(SystemClock())
        if inspect(file, workspace, mapping or workspace.mapping, annotated, show, today):
            raise typer.Exit(1)
