"""The native Grafana of an instance: an installed one, run with this repository's provisioning, loopback only."""

import os
import shutil
import signal
from pathlib import Path

from operations.services import install
from operations.services.broker_service import port_answers
from operations.services.process import ServiceProcess, wait_until
from runtime.settings import ROOT, Settings

PROVISIONING = ROOT / "dashboards" / "provisioning"
DASHBOARDS = ROOT / "dashboards" / "generated"
HOMES = ("/usr/share/grafana", "/usr/local/share/grafana", "/opt/homebrew/share/grafana")
HOW_TO_GET = (
    "Grafana n'est pas installé ici. Pour voir les tableaux de bord : installez Grafana 12 "
    "(paquet `grafana` de l'éditeur, ou `docker compose up`), puis relancez. "
    "QUARTIERS_GRAFANA_HOME peut nommer son dossier (celui qui contient bin/ et public/)."
)


def process(settings: Settings) -> ServiceProcess:
    """Return Grafana's process."""
    return ServiceProcess("grafana", settings.instance_dir)


def home() -> Path | None:
    """Return the folder of an installed Grafana, None if there is none."""
    for folder in (os.environ.get("QUARTIERS_GRAFANA_HOME", ""), *HOMES):
        if folder and (Path(folder) / "public").is_dir():
            return Path(folder)
    return None


def binary(folder: Path) -> str | None:
    """Return the program of a Grafana home, or the one on the path."""
    for name in ("bin/grafana", "../bin/grafana"):
        if (folder / name).exists():
            return str((folder / name).resolve())
    return shutil.which("grafana")


def url(settings: Settings) -> str:
    """Return the address of the dashboards."""
    return f"http://127.0.0.1:{settings.port('grafana')}/d/region"


def environment(settings: Settings) -> dict[str, str]:
    """Return the settings that `docker-compose.yml` gives too, and the data source's address and password."""
    data = settings.instance_dir / "grafana"
    return {
        "GF_SERVER_HTTP_ADDR": "127.0.0.1",
        "GF_SERVER_HTTP_PORT": str(settings.port("grafana")),
        "GF_PATHS_DATA": str(data),
        "GF_PATHS_LOGS": str(data / "log"),
        "GF_PATHS_PLUGINS": str(data / "plugins"),
        "GF_PATHS_PROVISIONING": str(PROVISIONING),
        "GF_SECURITY_ADMIN_PASSWORD": settings.password("grafana-admin"),
        "GF_USERS_DEFAULT_LANGUAGE": "fr-FR",
        "GF_DATE_FORMATS_DEFAULT_TIMEZONE": "Europe/Paris",
        "GF_DATE_FORMATS_FULL_DATE": "DD/MM/YYYY HH:mm:ss",
        "GF_DATE_FORMATS_INTERVAL_HOUR": "DD/MM HH:mm",
        "GF_DATE_FORMATS_INTERVAL_DAY": "DD/MM",
        "GF_DATE_FORMATS_INTERVAL_MONTH": "MM/YYYY",
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Viewer",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
        "GF_NEWS_NEWS_FEED_ENABLED": "false",
        "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
        "GF_SECURITY_DISABLE_GRAVATAR": "true",
        "QUARTIERS_DASHBOARDS": str(DASHBOARDS),
        "QUARTIERS_GRAFANA_DATABASE": f"127.0.0.1:{settings.port('postgres')}",
        "QUARTIERS_GRAFANA_DATABASE_NAME": settings.database_name,
        "QUARTIERS_GRAFANA_PASSWORD": settings.password("observatory"),
    }


def start(settings: Settings) -> bool:
    """Start an installed Grafana unless it runs; return whether there is one. ServiceError if it does not answer."""
    service = process(settings)
    with service.alone():
        if not service.find():
            folder = home()
            program = binary(folder) if folder else None
            if folder is None or program is None:
                return False
            install.require_writable(settings.instance_dir)
            settings.release_port_if_taken("grafana")
            service.start([program, "server", "--homepath", str(folder)], environment(settings))
        port = settings.port("grafana")
        up = wait_until(lambda: service.pid() is None or port_answers(port), 60)
    if not up or service.pid() is None:
        raise service.failed("Grafana")
    return True


def stop(settings: Settings) -> bool:
    """Stop Grafana; return whether it ran."""
    return process(settings).stop(signal.SIGTERM, patience=20)
