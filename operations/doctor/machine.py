"""What the native runtime needs of the machine."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from operations.doctor.finding import Finding, absent, bad, good
from operations.services import grafana_service, install
from runtime.settings import Settings

PYTHON = (3, 11)
MEMORY_BYTES = 3_000_000_000
MEMINFO = Path("/proc/meminfo")


def examine_machine(settings: Settings) -> Iterator[Finding]:
    """Yield what concerns programs, rights, disk and memory."""
    yield python(sys.version_info[:3])
    yield java(install.java_version())
    yield maven(settings)
    yield root(os.geteuid())
    yield debian(settings)
    yield from folder(settings.cache_dir)
    yield memory(MEMINFO)
    yield grafana()


def python(version: tuple[int, ...]) -> Finding:
    """Judge the interpreter's version."""
    text = ".".join(map(str, version))
    if version >= PYTHON:
        return good("Python", text)
    return bad(
        "Python", f"{text}, trop ancien", "Installez Python 3.11 ou plus récent, puis `make clean` et `make demo`."
    )


def java(major: int | None) -> Finding:
    """Judge the version of `java`; None if there is none, 0 if it does not say."""
    if major is None:
        return bad("Java", "absent", f"{install.GET_JAVA} Kafka demande Java {install.JAVA} ou plus récent.")
    if major < install.JAVA:
        return bad("Java", f"version {major or 'inconnue'}, trop ancienne pour Kafka", install.GET_JAVA)
    return good("Java", f"version {major}")


def maven(settings: Settings) -> Finding:
    """Say whether Kafka is downloaded, or can be."""
    if (settings.cache_dir / "downloads" / "kafka" / ".complete").exists():
        return good("Kafka (Maven)", "déjà téléchargé")
    if shutil.which("mvn"):
        return good("Kafka (Maven)", "Maven est là ; Kafka sera téléchargé au premier `quartiers up` (44 Mo)")
    return bad("Kafka (Maven)", "Kafka n'est pas téléchargé, et Maven manque", install.GET_MAVEN)


def root(user: int) -> Finding:
    """Judge the user: the database lives in a chroot."""
    if user == 0:
        return good("Droits", "root")
    return bad(
        "Droits",
        "vous n'êtes pas root : PostgreSQL ne peut pas être placé dans son dossier (chroot)",
        "Relancez avec sudo, ou utilisez Docker : `quartiers up --runtime compose`.",
    )


def debian(settings: Settings) -> Finding:
    """Say whether the database's Debian folder is there, or can be made."""
    label = "PostgreSQL (Debian)"
    if (settings.cache_dir / "rootfs" / ".complete").exists():
        return good(label, "déjà installé dans le cache")
    if shutil.which("mmdebstrap"):
        return good(label, "mmdebstrap est là ; la base sera installée au premier `quartiers up` (530 Mo)")
    if shutil.which("apt-get"):
        return good(label, "mmdebstrap manque ; `quartiers up` l'installera par apt-get")
    return bad(
        label,
        "ni dossier installé, ni mmdebstrap, ni apt-get",
        "Sur une machine sans apt, utilisez Docker : `quartiers up --runtime compose`.",
    )


def folder(cache: Path) -> Iterator[Finding]:
    """Judge the cache folder, or the one in which it would be made, without writing to it."""
    there = next(one for one in (cache, *cache.parents) if one.exists())
    remedy = "Vérifiez ses droits et son montage, ou donnez un autre dossier par QUARTIERS_CACHE."
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield bad("Dossier de cache", f"{cache} n'est pas accessible en écriture", remedy)
        return
    yield good("Dossier de cache", f"{cache}{'' if there == cache else ' (sera créé)'}")
    free = shutil.disk_usage(there).free
    text = f"{free / 1e9:.1f} Go libres"
    if free < install.FREE_BYTES:
        needed = f"Il faut {install.FREE_BYTES / 1e9:.0f} Go au moins : faites de la place, ou changez QUARTIERS_CACHE."
        yield bad("Place sur le disque", text, needed)
    else:
        yield good("Place sur le disque", text)


def memory(meminfo: Path) -> Finding:
    """Judge the machine's memory: broker, database and one worker take about 2 GB."""
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        total, available = (int(lines[name].split()[0]) * 1024 for name in ("MemTotal", "MemAvailable"))
    except (OSError, KeyError, ValueError):
        return absent("Mémoire", "inconnue sur cette machine")
    text = f"{total / 1e9:.1f} Go, dont {available / 1e9:.1f} libres"
    if total < MEMORY_BYTES:
        return bad("Mémoire", text, f"Il en faut {MEMORY_BYTES / 1e9:.0f} Go : prenez une machine plus grande.")
    return good("Mémoire", text)


def grafana() -> Finding:
    """Say whether a Grafana is installed, or how to get one: the counters do without."""
    home = grafana_service.home()
    if home is not None and grafana_service.binary(home):
        return good("Grafana", str(home))
    return absent("Grafana", "pas installé (facultatif)", grafana_service.HOW_TO_GET)
