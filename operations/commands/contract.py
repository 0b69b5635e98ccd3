"""`quartiers contract`: write the published JSON Schemas."""

import typer

from schemas.events import publish


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Écrit les schémas JSON publiés du contrat.")
    def contract() -> None:
        publish.main()
        typer.echo(f"Schémas écrits dans {publish.PUBLISHED}")
