"""The `quartiers` command line: each module of `operations/commands/` registers its own commands."""

import errno
import importlib
import pkgutil
import sys

import psycopg
import typer
from kafka.errors import KafkaError

from operations import commands
from operations.migrate import MigrationError
from operations.services.errors import ServiceError
from runtime.settings import SettingsError

MACHINE_FAULTS = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT)

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
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        typer.secho(f"Erreur : {message}", fg="red", err=True)
        sys.exit(1)


def explain(error: Exception) -> str | None:
    """Return what to tell the user, None for what is no fault of theirs: a bug, which needs its trace."""
    first = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, (ServiceError, SettingsError, MigrationError)):
        return str(error)
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return f"le schéma de la base n'est pas à jour ({first}). Essayez `quartiers migrate`."
    if isinstance(error, psycopg.OperationalError) and "password authentication failed" in str(error):
        return f"la base refuse le mot de passe de secrets.json ({first}). Essayez `quartiers up`, qui le lui redonne."
    if isinstance(error, psycopg.OperationalError):
        return f"la base ne répond pas ({first}). Essayez `quartiers status`, puis `quartiers up`."
    if isinstance(error, KafkaError):
        return f"Kafka ne répond pas ({first}). Essayez `quartiers status`, puis `quartiers up`."
    if isinstance(error, OSError) and error.errno in MACHINE_FAULTS:
        return f"{error.strerror} ({error.filename}). Essayez `quartiers doctor`."
    return None
