"""`quartiers analyst add | remove | list | log`: who may read raw counters, and what they asked."""

import dataclasses
import json
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from operations.commands.services import InstanceName
from runtime.clock import PARIS
from runtime.settings import Settings

Name = Annotated[str, typer.Argument(metavar="NOM", help="Nom de connexion de la personne, par exemple marie.durand.")]


def register(app: typer.Typer) -> None:
    """Add the family of commands."""
    family = typer.Typer(
        no_args_is_help=True,
        help="Les analystes : des personnes nommées, qui lisent les compteurs bruts et dont chaque requête est "
        "journalisée. Aucune ne lit le registre ni ce qu'un bailleur a envoyé.",
    )
    app.add_typer(family, name="analyst")

    @family.command(help="Donne un accès à une personne ; son mot de passe est montré une seule fois.")
    def add(name: Name, instance: InstanceName = None) -> None:
        # The database's client is slow to load, here and below: `--help` does not wait for it.
        from operations import analysts
        from runtime.database import connect

        settings = Settings.load(instance)
        with connect(settings, "postgres", autocommit=True) as connection:
            password = analysts.add(connection, name)
        typer.echo(f"{name} se connecte sous {analysts.role_of(name)}, base {settings.database_name}.")
        typer.echo(f"Mot de passe, montré cette fois seulement : {password}")
        typer.echo("Dites-lui que chacune de ses requêtes est journalisée à son nom et gardée douze mois.")

    @family.command(help="Retire l'accès d'une personne, aussitôt. Ce qu'elle a demandé reste dans le journal.")
    def remove(name: Name, instance: InstanceName = None) -> None:
        from operations import analysts
        from runtime.database import connect

        with connect(Settings.load(instance), "postgres", autocommit=True) as connection:
            analysts.remove(connection, name)
        typer.echo(f"{name} n'a plus d'accès.")

    @family.command("list", help="Montre qui a un accès.")
    def list_all(instance: InstanceName = None) -> None:
        from operations import analysts
        from runtime.database import connect

        with connect(Settings.load(instance), "postgres", autocommit=True) as connection:
            found = analysts.everyone(connection)
        table = Table("Analyste", "Sessions ouvertes", title="Accès aux compteurs bruts")
        for one in found:
            table.add_row(one.name, str(one.sessions))
        Console().print(table if found else "Personne n'a d'accès : `quartiers analyst add NOM` en donne un.")

    @family.command(help="Montre qui a demandé quoi, et quand, d'après le journal de la base (douze mois).")
    def log(
        name: Annotated[str | None, typer.Option(help="Seulement cette personne.")] = None,
        since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="À partir de ce jour.")] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Pour une machine, valeurs comprises.")] = False,
        instance: InstanceName = None,
    ) -> None:
        from operations import analysts
        from runtime.database import connect

        with connect(Settings.load(instance), "postgres", autocommit=True) as connection:
            found = analysts.asked(connection, name, since.replace(tzinfo=PARIS) if since else None)
        if as_json:
            for one in found:
                typer.echo(json.dumps(dataclasses.asdict(one), default=str, ensure_ascii=False))
            return
        table = Table("Quand", "Qui", "Requête", "Refus", title=f"Requêtes des analystes ({len(found)})")
        for one in found:
            when = f"{one.at.astimezone(PARIS):%d/%m/%Y %H:%M:%S}"
            table.add_row(when, one.name, Text(" ".join(one.statement.split())), Text(one.error))
        Console().print(table)
