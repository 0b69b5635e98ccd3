"""`quartiers up | down | status | logs`: the services of an instance."""

import subprocess
from collections import deque
from typing import Annotated, Literal

import typer

from operations.services.errors import ServiceError
from operations.services.worker_service import MAX_WORKERS
from runtime.settings import ROOT, Settings

Asked = Literal["auto", "native", "compose"]
InstanceName = Annotated[
    str | None, typer.Option("--instance", help="demo (par défaut), test, bench ou un nom à vous.")
]
RuntimeName = Annotated[Asked, typer.Option(help="native, compose, ou selon la machine.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(
        help="Démarre tout : Kafka, la base, les agents, Grafana s'il est installé. Sans effet si tout tourne."
    )
    def up(
        runtime: RuntimeName = "auto",
        workers: Annotated[int, typer.Option(min=1, max=MAX_WORKERS, help="Nombre d'agents.")] = 1,
        gateway: Annotated[
            bool | None, typer.Option("--gateway/--no-gateway", help="Avec la passerelle HTTPS, ou sans ; retenu.")
        ] = None,
        name: InstanceName = None,
    ) -> None:
        # Kafka's and the database's clients are slow to load, here and below: `--help` does not wait for them.
        from operations import compose, instance
        from operations.runtime_choice import chosen_runtime, remember_runtime
        from operations.services import gateway_service, grafana_service

        settings = Settings.load(name)
        chosen = chosen_runtime(settings, runtime)
        if chosen == "compose":
            if gateway is not None:
                gateway_service.want(settings, wanted=gateway)
            compose.up(settings)
            remember_runtime(settings, chosen)
            if workers > 1:
                typer.echo("Les conteneurs font tourner un seul agent : --workers n'y change rien.")
            typer.echo(f"Tableaux de bord : {grafana_service.url(settings)}")
            return
        instance.up(settings, typer.echo, workers=workers, gateway=gateway)
        remember_runtime(settings, chosen)
        show(settings)
        if gateway_service.is_wanted(settings):
            typer.echo(f"Passerelle : {gateway_service.url(settings)}")
        if grafana_service.process(settings).pid():
            typer.echo(f"Tableaux de bord : {grafana_service.url(settings)}")
        else:
            typer.echo(grafana_service.HOW_TO_GET)

    @app.command(help="Arrête ce que `up` a démarré, et rien d'autre. Les données restent.")
    def down(runtime: RuntimeName = "auto", name: InstanceName = None) -> None:
        from operations import compose, instance
        from operations.runtime_choice import chosen_runtime

        settings = Settings.load(name)
        if chosen_runtime(settings, runtime) == "compose":
            compose.down()
            return
        stopped = instance.down(settings, typer.echo)
        typer.echo(f"Arrêtés : {', '.join(stopped)}." if stopped else "Rien ne tournait.")

    @app.command(help="Montre ce qui tourne. Code de sortie 1 si un service est arrêté.")
    def status(runtime: RuntimeName = "auto", name: InstanceName = None) -> None:
        from operations.runtime_choice import chosen_runtime

        settings = Settings.load(name)
        running = in_compose("ps", "--all") if chosen_runtime(settings, runtime) == "compose" else show(settings)
        if not running:
            raise typer.Exit(1)

    @app.command(help="Montre la fin du journal d'un service : kafka, postgres, worker-1, supervisor, grafana.")
    def logs(
        service: Annotated[str, typer.Argument(help="Nom du service.")] = "worker-1",
        lines: Annotated[int, typer.Option("-n", min=1, help="Nombre de lignes.")] = 40,
        runtime: RuntimeName = "auto",
        name: InstanceName = None,
    ) -> None:
        from operations.runtime_choice import chosen_runtime

        settings = Settings.load(name)
        if chosen_runtime(settings, runtime) == "compose":
            if not in_compose("logs", "--tail", str(lines), IN_COMPOSE.get(service, service)):
                raise typer.Exit(1)
            return
        show_log(settings, service, lines)


IN_COMPOSE = {"postgres": "timescaledb", "worker-1": "worker"}
"""Our names of services, and those of `docker-compose.yml` where they differ."""


def in_compose(*arguments: str) -> bool:
    """Let `docker compose` answer; return whether it was content. ServiceError if there is no Docker."""
    try:
        return subprocess.run(["docker", "compose", *arguments], cwd=ROOT, check=False).returncode == 0
    except OSError as error:
        raise ServiceError("Docker n'est pas installé ici : `--runtime native` montre le mode natif.") from error


def show(settings: Settings) -> bool:
    """Print each service's state; return whether all that must run does."""
    from operations import instance

    running = True
    for service, pid in instance.status(settings):
        typer.echo(f"{service:<12} {'en marche (pid ' + str(pid) + ')' if pid else 'arrêté'}")
        running &= pid is not None or service == "grafana"
    return running


def show_log(settings: Settings, service: str, lines: int) -> None:
    """Print the end of a service's log; ServiceError, with the names that exist, if there is none."""
    folder = settings.instance_dir / "log"
    found = {path.stem: path for path in sorted(folder.glob("*.log"))}
    if "postgres" in found:
        from operations.services import database_service

        found["postgres"] = database_service.log_file(settings)
    if service not in found:
        raise ServiceError(f"pas de journal pour « {service} ». Journaux présents : {', '.join(found) or 'aucun'}.")
    with found[service].open(errors="replace") as handle:
        typer.echo("".join(deque(handle, lines)), nl=False)
