"""`quartiers dashboards`: write the dashboards' JSON."""

import typer

from dashboards import generate


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Écrit les tableaux de bord Grafana générés.")
    def dashboards() -> None:
        generate.main()
        typer.echo(f"Tableaux de bord écrits dans {generate.GENERATED}")
