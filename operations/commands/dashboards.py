"""`quartiers dashboards`: write the dashboards' JSON."""

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Écrit les tableaux de bord Grafana générés.")
    def dashboards() -> None:
        from dashboards import generate  # Grafana's SDK: nobody else waits for it

        generate.main()
        typer.echo(f"Tableaux de bord écrits dans {generate.GENERATED}")
