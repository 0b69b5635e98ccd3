"""The `quartiers` command line: each module of `operations/commands/` registers its own commands."""

import importlib
import pkgutil
import sys

import psycopg
import typer
from kafka.errors import KafkaError

from operations import commands
from operations.migrate import MigrationError
from operations.services.process import ServiceError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Observatoire de la mobilité dans les quartiers prioritaires.",
)


@app.callback()
def _root() -> None:
    """Keep a lone command a subcommand."""


for _module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda found: found.name):
    importlib.import_module(f"{commands.__name__}.{_module.name}").register(app)


def main() -> None:
    """Run the command line; what the user can mend is one message, not a trace."""
    try:
        app()
    except (ServiceError, MigrationError) as error:
        typer.secho(f"Erreur : {error}", fg="red", err=True)
        sys.exit(1)
    except psycopg.OperationalError as error:
        first = str(error).strip().splitlines()[:1]
        typer.secho(
            f"Erreur : la base ne répond pas ({' '.join(first)}). Essayez `quartiers status`, puis `quartiers up`.",
            fg="red",
            err=True,
        )
        sys.exit(1)
    except KafkaError as error:
        typer.secho(f"Erreur : Kafka ne répond pas ({error}). Essayez `quartiers status`.", fg="red", err=True)
        sys.exit(1)
