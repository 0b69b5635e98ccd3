"""The compose runtime: passwords into an ignored `.env` file, then `docker compose`."""

import os
import subprocess

from operations.services.process import ServiceError
from runtime.database import ROLES
from runtime.settings import ROOT, Settings

ENV_FILE = ROOT / ".env"
PRINCIPALS = ("admin", "worker", "postgres", "grafana-admin", *ROLES)


def write_passwords(settings: Settings) -> None:
    """Write the passwords, made once, where `docker-compose.yml` reads them; mode 600."""
    lines = [f"QUARTIERS_PASSWORD_{name.upper().replace('-', '_')}={settings.password(name)}\n" for name in PRINCIPALS]
    descriptor = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.writelines(lines)


def up(settings: Settings) -> None:
    """Start every service of `docker-compose.yml`; ServiceError if Docker refuses."""
    write_passwords(settings)
    _compose("up", "--detach", "--build", "--wait")


def down() -> None:
    """Stop them; volumes stay."""
    _compose("down")


def _compose(*arguments: str) -> None:
    done = subprocess.run(["docker", "compose", *arguments], cwd=ROOT, check=False)
    if done.returncode:
        raise ServiceError(f"docker compose {arguments[0]} a échoué (code {done.returncode}).")
