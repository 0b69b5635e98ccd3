"""What the native runtime needs on this machine, fetched once into the shared cache through the ordinary clients."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from operations.services.process import ServiceError

POM = Path(__file__).parent / "kafka" / "pom.xml"
Say = Callable[[str], None]


def kafka_jars(cache: Path, say: Say) -> Path:
    """Return the folder of Kafka's jars, copying them from Maven Central at the first use."""
    target = cache / "downloads" / "kafka"
    if (target / ".complete").exists():
        return target
    java_version()
    _need("mvn", "Maven est nécessaire pour obtenir Kafka : `apt-get install maven`.")
    say("Téléchargement de Kafka 4.3.0 (Maven Central, 44 Mo) ...")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    _run(
        ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        + ["-DincludeScope=runtime", f"-DoutputDirectory={target}"],
        "Maven n'a pas pu obtenir Kafka",
    )
    (target / ".complete").touch()
    return target


def java_version() -> int:
    """Return the major version of `java`; ServiceError if it is missing or older than 17."""
    _need("java", "Java 17 ou plus récent est nécessaire : `apt-get install openjdk-17-jre-headless`.")
    printed = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    words = printed.split('"')
    major = int(words[1].split(".")[0]) if len(words) > 1 and words[1][:1].isdigit() else 0
    if major < 17:
        raise ServiceError(f"Java {major or 'inconnu'} trouvé ; Kafka 4 demande Java 17 ou plus récent.")
    return major


def postgres_rootfs(cache: Path, say: Say) -> Path:
    """Return a Debian folder with PostgreSQL 17 and TimescaleDB, built by mmdebstrap at the first use."""
    target = cache / "rootfs"
    if (target / ".complete").exists():
        return target
    require_root()
    if shutil.which("mmdebstrap") is None:
        say("Installation de mmdebstrap ...")
        _run(["apt-get", "install", "-y", "-q", "mmdebstrap"], "mmdebstrap n'a pas pu être installé")
    say("Installation de PostgreSQL 17 et TimescaleDB (paquets Debian, 530 Mo) ...")
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--include=postgresql-17,postgresql-17-timescaledb"]
        + ["trixie", str(target)],
        "PostgreSQL n'a pas pu être installé",
    )
    (target / ".complete").touch()
    return target


def require_root() -> None:
    """Raise unless we are root: the database lives in a chroot of its own."""
    if os.geteuid() != 0:
        raise ServiceError(
            "Le mode natif place PostgreSQL dans son propre dossier Debian (chroot) : il faut être root. "
            "Relancez avec sudo, ou utilisez Docker : `quartiers up --runtime compose`."
        )


def require_writable(folder: Path) -> None:
    """Raise unless the folder can be made and written, with 2 GB free."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise ServiceError(f"Le dossier {folder} n'est pas accessible en écriture ({error.strerror}).") from error
    free = shutil.disk_usage(folder).free
    if free < 2_000_000_000:
        raise ServiceError(f"Il reste {free / 1e9:.1f} Go sur le disque de {folder} ; il en faut 2 au moins.")


def _need(program: str, message: str) -> None:
    if shutil.which(program) is None:
        raise ServiceError(message)


def _run(command: Sequence[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-12:])
        raise ServiceError(f"{failure} :\n{tail}")
