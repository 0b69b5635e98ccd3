"""`quartiers up | down | status | logs`: the services of an instance."""

import shutil
import subprocess
from collections import deque
from typing import Annotated, Literal

import typer

from operations import compose, instance
from operations.services import grafana_service
from operations.services.process import ServiceError
from runtime.settings import Settings

Runtime = Literal["auto", "native", "compose"]
InstanceName = Annotated[
    str | None, typer.Option("--instance", help="demo (par défaut), test, bench ou un nom à vous.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(
        help="Démarre tout : Kafka, la base, les agents, Grafana s'il est installé. Sans effet si tout tourne."
    )
    def up(
        runtime: Annotated[Runtime, typer.Option(help="native, compose, ou selon la machine.")] = "auto",
        workers: Annotated[int, typer.Option(min=1, max=instance.MAX_WORKERS, help="Nombre d'agents.")] = 1,
        name: InstanceName = None,
    ) -> None:
        if chosen_runtime(runtime) == "compose":
            compose.up(Settings.load(name))
            return
        settings = Settings.load(name)
        instance.up(settings, typer.echo, workers=workers)
        show(settings)
        if grafana_service.process(settings).pid():
            typer.echo(f"Tableaux de bord : {grafana_service.url(settings)}")
        else:
            typer.echo(grafana_service.HOW_TO_GET)

    @app.command(help="Arrête ce que `up` a démarré, et rien d'autre. Les données restent.")
    def down(
        runtime: Annotated[Runtime, typer.Option(help="native, compose, ou selon la machine.")] = "auto",
        name: InstanceName = None,
    ) -> None:
        if chosen_runtime(runtime) == "compose":
            compose.down()
            return
        stopped = instance.down(Settings.load(name))
        typer.echo(f"Arrêtés : {', '.join(stopped)}." if stopped else "Rien ne tournait.")

    @app.command(help="Montre ce qui tourne. Code de sortie 1 si un service est arrêté.")
    def status(name: InstanceName = None) -> None:
        if not show(Settings.load(name)):
            raise typer.Exit(1)

    @app.command(help="Montre la fin du journal d'un service : kafka, postgres, worker-1, supervisor, grafana.")
    def logs(
        service: Annotated[str, typer.Argument(help="Nom du service.")] = "worker-1",
        lines: Annotated[int, typer.Option("-n", min=1, help="Nombre de lignes.")] = 40,
        name: InstanceName = None,
    ) -> None:
        folder = Settings.load(name).instance_dir / "log"
        file = folder / f"{service}.log"
        if not file.exists():
            known = ", ".join(sorted(path.stem for path in folder.glob("*.log"))) or "aucun"
            raise ServiceError(f"pas de journal pour « {service} ». Journaux présents : {known}.")
        with file.open(errors="replace") as handle:
            typer.echo("".join(deque(handle, lines)), nl=False)


def chosen_runtime(asked: Runtime) -> Literal["native", "compose"]:
    """Return the runtime: compose where a Docker engine answers, else native."""
    if asked != "auto":
        return asked
    if shutil.which("docker") is None:
        return "native"
    answers = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    engine = subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    return "compose" if answers and engine else "native"


def show(settings: Settings) -> bool:
    """Print each service's state; return whether all that must run does."""
    running = True
    for service, pid in instance.status(settings):
        typer.echo(f"{service:<12} {'en marche (pid ' + str(pid) + ')' if pid else 'arrêté'}")
        running &= pid is not None or service == "grafana"
    return running
