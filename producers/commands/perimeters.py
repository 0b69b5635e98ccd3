"""`quartiers perimeters`: import the official perimeters of the QPVs, and see which are there."""

from pathlib import Path
from typing import Annotated

import typer

from producers.workspace import Workspace
from runtime.clock import SystemClock, paris_today
from schemas.territories import load

Folder = Annotated[Path, typer.Option("--folder", help="Dossier de travail du bailleur.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    perimeters = typer.Typer(no_args_is_help=True, help="Périmètres officiels des quartiers prioritaires.")
    app.add_typer(perimeters, name="perimeters")

    @perimeters.command(
        "import",
        help="Importe les fichiers nationaux : périmètres de 2015 ou de 2024 (GeoJSON, shapefile, .zip ou dossier), "
        "liste officielle (CSV). Un nouvel import remplace l'ancien.",
    )
    def import_(
        files: Annotated[list[Path], typer.Argument(metavar="FICHIER", help="Fichiers téléchargés.")],
        folder: Folder = Path(),
        all_france: Annotated[
            bool, typer.Option("--all-france", help="Garde toute la métropole, et non la seule Occitanie.")
        ] = False,
    ) -> None:
        # The geographic libraries are slow to load: only these commands pay for them.
        from producers.location.importing import import_file, told
        from producers.location.store import PerimeterStore

        store, territories = PerimeterStore(Workspace(folder).perimeters), load()
        today = paris_today(SystemClock())
        for path in files:
            for imported in import_file(path, store, territories, today, everywhere=all_france):
                typer.echo("\n".join(told(imported, territories)))

    @perimeters.command(help="Dit quels périmètres sont importés, depuis quand, et ce qui manque.")
    def show(folder: Folder = Path()) -> None:
        from producers.location.geocoding import AddressService
        from producers.location.importing import shown
        from producers.location.store import PerimeterStore

        workspace = Workspace(folder)
        typer.echo("\n".join(shown(PerimeterStore(workspace.perimeters), load())))
        service = AddressService.read(workspace.geocoding)
        typer.echo(f"Géocodage des adresses : {service.url if service else 'désactivé (pas de geocoding.toml)'}.")
