"""`quartiers doctor`: what is wrong on this machine or with this instance, and what to do."""

import typer
from rich.console import Console
from rich.markup import escape

from operations.commands.services import InstanceName, in_compose
from operations.doctor import Finding, examine, healthy
from runtime.settings import Settings

SIGNS = {"good": "[green]✔[/]", "absent": "[dim]–[/]", "bad": "[red]✘[/]"}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(
        help="Examine la machine et l'instance, et dit quoi faire. Code de sortie 1 s'il manque le nécessaire."
    )
    def doctor(name: InstanceName = None) -> None:
        # The services' clients are slow to load: `--help` does not wait for them.
        from operations.doctor.data import examine_data
        from operations.doctor.machine import examine_machine
        from operations.doctor.services import examine_services
        from operations.runtime_choice import chosen_runtime

        settings = Settings.load(name)
        console = Console(highlight=False)
        if chosen_runtime(settings, "auto") == "compose":
            if not in_compose("ps", "--all"):
                raise typer.Exit(1)
            return
        parts = (("La machine", examine_machine), ("L'instance", examine_services), ("Les données", examine_data))
        found = examine(settings, parts)
        for title, findings in found:
            console.print(f"[bold]{title}[/]")
            for one in findings:
                show(console, one)
        if not healthy(found):
            console.print("\n[red]Il manque le nécessaire : voir les ✘ ci-dessus.[/]")
            raise typer.Exit(1)
        console.print("\n[green]Rien de nécessaire ne manque.[/]")


def show(console: Console, finding: Finding) -> None:
    """Print a finding, and its remedy beneath."""
    console.print(f"  {SIGNS[finding.state]} {finding.label:<22} {escape(finding.found)}", soft_wrap=True)
    if finding.remedy:
        console.print(f"    → {finding.remedy}", soft_wrap=True, markup=False)
