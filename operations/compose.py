"""The compose runtime: passwords and ports into an ignored `.env` file, then `docker compose`."""

import os
import subprocess
from base64 import b64encode

from operations.certificates import CertificateFiles, ensure_certificates
from operations.services import gateway_service
from operations.services.errors import ServiceError
from runtime.clock import SystemClock
from runtime.database import ROLES
from runtime.settings import ROOT, Settings

ENV_FILE = ROOT / ".env"
PRINCIPALS = ("admin", "worker", "archive", "notifier", "postgres", "grafana-admin", "grafana-public-admin", *ROLES)
RECIPIENTS = "destinataires.toml"
PORTS = ("kafka", "kafka_tls", "gateway", "postgres", "grafana", "grafana_public")


def environment(settings: Settings) -> dict[str, str]:
    """Return what `docker-compose.yml` is given: every password, the key store of TLS, and the ports it publishes.

    They are the instance's own, so that every command run on this machine reaches the containers too.
    """
    ensure_certificates(settings, SystemClock().now())
    passwords = {f"QUARTIERS_PASSWORD_{name.upper().replace('-', '_')}": settings.password(name) for name in PRINCIPALS}
    ports = {f"QUARTIERS_{service.upper()}_PORT": str(settings.port(service)) for service in PORTS}
    public = {
        "QUARTIERS_PUBLIC_HOST": settings.public_host,
        "QUARTIERS_LISTEN_ADDRESS": settings.listen_address,
        "QUARTIERS_TLS_KEYSTORE": b64encode(CertificateFiles.of(settings).server.read_bytes()).decode(),
    }
    told = {"QUARTIERS_RECIPIENTS": str(settings.instance_dir / RECIPIENTS)}
    return {**passwords, **ports, **public, **told, "QUARTIERS_DATABASE_NAME": settings.database_name}


def write_environment(settings: Settings) -> None:
    """Write the environment where `docker compose` reads it; mode 600, also where the file was there before."""
    descriptor = os.open(ENV_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        os.fchmod(descriptor, 0o600)
        handle.writelines(f"{name}={value}\n" for name, value in environment(settings).items())


def up(settings: Settings) -> None:
    """Start every service of `docker-compose.yml` and wait until all are healthy; ServiceError if Docker refuses."""
    write_environment(settings)
    profile = ("--profile", "gateway") if gateway_service.is_wanted(settings) else ()
    _compose(*profile, "up", "--detach", "--build", "--wait")


def down() -> None:
    """Stop them; volumes stay."""
    _compose("--profile", "public", "--profile", "gateway", "--profile", "archive", "--profile", "notifier", "down")


def _compose(*arguments: str) -> None:
    try:
        done = subprocess.run(["docker", "compose", *arguments], cwd=ROOT, check=False)
    except OSError as error:
        raise ServiceError("Docker n'est pas installé ici : `quartiers up --runtime native`.") from error
    if done.returncode:
        raise ServiceError(f"`docker compose {' '.join(arguments)}` a échoué (code {done.returncode}).")
