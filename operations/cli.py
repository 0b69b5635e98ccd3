"""The `quartiers` command line: a landlord's commands, and the operator's where the server's parts are installed.

Each module of `producers/commands/` and `operations/commands/` registers its own commands.
"""

import importlib
import importlib.util
import pkgutil
import sys
from types import ModuleType

import typer

from producers import commands as landlords_commands
from producers.errors import LandlordError
from runtime.connection import ConnectionFileError

SERVER_PACKAGES = ("faust", "psycopg")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Observatoire de la mobilité dans les quartiers prioritaires.",
)


@app.callback()
def _root() -> None:
    """Keep a lone command a subcommand."""


def server_is_installed() -> bool:
    """Return whether this machine has what the operator's commands need: a landlord's has not."""
    return all(name in sys.modules or importlib.util.find_spec(name) for name in SERVER_PACKAGES)


def _register_all(package: ModuleType) -> None:
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        importlib.import_module(f"{package.__name__}.{module.name}").register(app)


_register_all(landlords_commands)
if server_is_installed():
    from operations import commands as operators_commands

    _register_all(operators_commands)


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
    if isinstance(error, (LandlordError, ConnectionFileError)):
        return str(error)
    # Only now: who asks for help does not wait for what explains faults.
    if server_is_installed():
        from operations.faults import explain_fault

        return explain_fault(error)
    from kafka.errors import KafkaError

    if isinstance(error, KafkaError):
        return f"le serveur de l'observatoire ne répond pas ({error})."
    return None
