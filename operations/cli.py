"""The `quartiers` command line: a landlord's commands, and the operator's where the server's parts are installed.

Each module of `producers/commands/` and `operations/commands/` registers its own commands.
"""

import importlib
import importlib.util
import pkgutil
import sys
from types import ModuleType

import typer
from typer.exceptions import TyperException
from typer.models import CommandInfo, TyperInfo

from operations.usage import explain_usage, speak_french
from producers import commands as landlords_commands
from producers.errors import LandlordError
from producers.machine_faults import explain_machine_fault
from runtime.connection import ConnectionFileError

SERVER_PACKAGES = ("faust", "psycopg")
LANDLORD, OPERATION, DEVELOPMENT = "Bailleur", "Exploitation", "Développement"
FOR_DEVELOPERS = ("contract", "dashboards", "demo", "indicators", "simulate")
INTERRUPTED = 130

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


def _register_all(package: ModuleType, panel: str) -> None:
    """Add a package's commands, under a title of the help."""
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        before = _registered()
        importlib.import_module(f"{package.__name__}.{module.name}").register(app)
        for one in _registered():
            if one not in before:
                one.rich_help_panel = DEVELOPMENT if module.name in FOR_DEVELOPERS else panel


def _registered() -> list[CommandInfo | TyperInfo]:
    return [*app.registered_commands, *app.registered_groups]


_register_all(landlords_commands, LANDLORD)
if server_is_installed():
    from operations import commands as operators_commands

    _register_all(operators_commands, OPERATION)


def main() -> None:
    """Run the command line; what the user can mend is one message, not a trace."""
    speak_french()
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        code = error.exit_code
        if wrong := explain_usage(error):
            _tell(wrong)
    except typer.Abort:  # a question that nobody answered: it stands on a line of its own
        typer.echo(err=True)
        code = INTERRUPTED
    except Exception as error:
        message = explain(error)
        if message is None:
            raise
        _tell(message)
        code = 1
    if code == INTERRUPTED:
        typer.secho("Interrompu. La même commande peut être relancée : rien ne compte deux fois.", err=True)
    sys.exit(code)


def _tell(message: str) -> None:
    typer.secho(f"Erreur : {message}", fg="red", err=True)


def explain(error: Exception) -> str | None:
    """Return what to tell the user, None for what is no fault of theirs: a bug, which needs its trace."""
    if isinstance(error, (LandlordError, ConnectionFileError)):
        return str(error)
    # Only now: who asks for help does not wait for what explains faults.
    if server_is_installed():
        from operations.faults import explain_fault

        return explain_fault(error) or explain_machine_fault(error)
    if (said := explain_machine_fault(error)) is not None:
        return said
    from kafka.errors import KafkaError

    if isinstance(error, KafkaError):
        return f"le serveur de l'observatoire ne répond pas ({error})."
    return None
