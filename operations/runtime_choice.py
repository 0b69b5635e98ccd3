"""Native or compose: what was asked for, else what the instance was started with, else what the machine has."""

import shutil
import subprocess
from typing import Literal

from operations.instance import services
from runtime.settings import Settings

Runtime = Literal["native", "compose"]


def chosen_runtime(settings: Settings, asked: Literal["auto", "native", "compose"]) -> Runtime:
    """Return the runtime of an instance: `status` and `down` must speak to what `up` started."""
    if asked != "auto":
        return asked
    if any(service.find() for service in services(settings)):
        return "native"
    file = settings.instance_dir / "runtime"
    remembered = file.read_text(errors="replace").strip() if file.exists() else ""
    if remembered == "native":
        return "native"
    if remembered == "compose":
        return "compose"
    return "compose" if docker_answers() else "native"


def remember_runtime(settings: Settings, runtime: Runtime) -> None:
    """Keep what the instance was started with."""
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    (settings.instance_dir / "runtime").write_text(runtime + "\n")


def docker_answers() -> bool:
    """Return whether a Docker engine with `docker compose` answers."""
    if shutil.which("docker") is None:
        return False
    questions = (["docker", "compose", "version"], ["docker", "info"])
    return all(_succeeds(one) for one in questions)


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
