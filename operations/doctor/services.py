"""The files, ports and processes of an instance."""

import os
from collections.abc import Iterator
from datetime import datetime

from operations import instance
from operations.certificates import RENEW_BEFORE, hosts_of, server_certificate
from operations.doctor.finding import Finding, absent, bad, good
from operations.services.broker_service import port_answers
from runtime.clock import SystemClock
from runtime.settings import Settings, SettingsError, port_is_free

PORTS = {
    "kafka": "kafka",
    "kafka_tls": "kafka",
    "controller": "kafka",
    "postgres": "postgres",
    "gateway": "gateway",
    "grafana": "grafana",
}
"""Each port, and the service that listens on it."""
OPTIONAL = ("gateway", "grafana")


def examine_services(settings: Settings) -> Iterator[Finding]:
    """Yield what concerns passwords, ports and processes."""
    try:
        yield secrets(settings)
        yield certificates(settings, SystemClock().now())
        running = {name for name, pid in instance.status(settings) if pid}
        yield from ports(settings, running)
        yield from processes(settings, running)
    except SettingsError as error:
        yield bad("Fichiers de l'instance", str(error), "Voir ci-contre.")


def secrets(settings: Settings) -> Finding:
    """Judge the file of passwords: readable by its owner only, and whole."""
    file = settings.instance_dir / "secrets.json"
    if not file.exists():
        return absent("Mots de passe", "pas encore de fichier : le premier `quartiers up` le fera")
    settings.remembers("secrets.json", "")
    mode = file.stat().st_mode & 0o777
    if mode != 0o600:
        return bad("Mots de passe", f"{file} est lisible par d'autres (mode {mode:o})", f"`chmod 600 {file}`")
    return good("Mots de passe", f"{file} (mode 600)")


def certificates(settings: Settings, now: datetime) -> Finding:
    """Judge the certificate of the encrypted ports: made, for the public name, and not about to expire."""
    label, found = "Certificat", server_certificate(settings)
    if found is None:
        return absent(label, "pas encore fait : le premier `quartiers up` le fera")
    if settings.public_host not in hosts_of(found):
        return bad(label, f"n'est pas au nom de {settings.public_host}", "`quartiers certificates`")
    text = f"au nom de {settings.public_host}, jusqu'au {found.not_valid_after_utc:%d/%m/%Y}"
    if found.not_valid_after_utc <= now:
        return bad(label, f"expiré : {text}", "`quartiers certificates`")
    if found.not_valid_after_utc - now <= RENEW_BEFORE:
        return bad(label, f"expire bientôt : {text}", "`quartiers certificates`")
    return good(label, text)


def ports(settings: Settings, running: set[str]) -> Iterator[Finding]:
    """Judge each chosen port: ours, free, or taken by a stranger."""
    for name, service in PORTS.items():
        label, variable = f"Port {name}", f"QUARTIERS_{name.upper()}_PORT"
        if variable not in os.environ and not settings.remembers("ports.json", name):
            if name not in OPTIONAL:
                yield absent(label, "pas encore choisi")
            continue
        port = settings.port(name)
        if service in running:
            yield good(label, f"{port}, à nous")
        elif port_is_free(port):
            yield good(label, f"{port}, libre")
        elif variable in os.environ:
            yield bad(label, f"{port}, demandé par {variable}, est pris par un autre programme", "Donnez-en un autre.")
        else:
            yield absent(label, f"{port} est pris par un autre programme", "`quartiers up` en choisira un autre.")


def processes(settings: Settings, running: set[str]) -> Iterator[Finding]:
    """Judge each service: running and answering. That nothing runs is no fault."""
    if not running:
        yield absent("Services", "rien ne tourne", "`quartiers up` démarre tout.")
        return
    for service in instance.services(settings):
        label = f"Service {service.name}"
        if service.name not in running:
            if service.name not in OPTIONAL:
                yield bad(label, "arrêté", f"`quartiers up`, et `quartiers logs {service.name}` pour la cause.")
        elif service.name in PORTS and not port_answers(settings.port(service.name)):
            yield bad(label, "tourne, mais ne répond pas", f"Attendez un peu, puis `quartiers logs {service.name}`.")
        else:
            yield good(label, f"en marche (pid {service.pid()})")
