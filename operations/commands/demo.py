"""`quartiers demo`: five years seeded, days streamed at an accelerated clock, everything proved."""

import signal
from typing import Annotated

import typer
from rich.console import Console

from operations.services.interrupts import stops_like_ctrl_c, undisturbed
from operations.services.lock import alone
from runtime.clock import SystemClock, paris_today
from runtime.settings import Settings

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help="Démonstration complète sur des bailleurs fictifs. Reste vivante jusqu'à Ctrl-C.")
    def demo(
        once: Annotated[bool, typer.Option("--once", help="S'arrête seule ; code 0 si tout est prouvé.")] = False,
        scale: Annotated[float, typer.Option(min=0.01, max=2.0, help="1 : le parc réel.")] = 1.0,
        seconds_per_day: Annotated[float | None, typer.Option(min=0.2, help="Durée d'un jour, en secondes.")] = None,
    ) -> None:
        # The region and the services' clients are slow to load: `--help` does not wait for them.
        from operations import instance
        from operations.demo.plan import make_plan
        from operations.demo.run import run

        console = Console(highlight=False)
        settings = Settings.load("demo")
        pace = seconds_per_day or (1.2 if once else 15.0)
        # A day of the simulation begins at midnight UTC: before that, Paris is a day ahead of what can have happened.
        clock = SystemClock()
        today = min(paris_today(clock), clock.now().date())
        plan = make_plan(today, once=once, scale=scale, seconds_per_day=pace)
        busy = "Une démonstration est déjà en cours ici{holder} : une seule à la fois."
        code = INTERRUPTED
        with stops_like_ctrl_c(), alone(settings.instance_dir / "run" / "demo.lock", refuse=busy):
            try:
                ended = run(settings, plan, console)
                code = 0 if ended.proved else 1
                if ended.whole and not once:
                    console.print("Le système reste en marche. Ctrl-C pour l'arrêter.")
                    signal.pause()
            except KeyboardInterrupt:
                console.print("Arrêt demandé.")
            finally:
                with undisturbed():
                    console.print("Arrêt des services ...")
                    instance.down(settings, console.print)
        raise typer.Exit(code)
