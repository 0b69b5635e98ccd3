"""`quartiers contract`: write the published JSON Schemas and the conformance kit."""

import typer

from schemas.conformance import kit
from schemas.events import publish


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Écrit les schémas JSON publiés du contrat et le jeu de conformité.")
    def contract() -> None:
        publish.main()
        kit.write()
        typer.echo(f"Schémas écrits dans {publish.PUBLISHED}, jeu de conformité dans {kit.FOLDER}")
