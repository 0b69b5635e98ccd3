"""What the native runtime needs on this machine, fetched once into the shared cache through the ordinary clients."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from operations.services.errors import ServiceError
from operations.services.lock import alone
from operations.services.processes import mounted_under

POM = Path(__file__).parent / "kafka" / "pom.xml"
Say = Callable[[str], None]
JAVA = 17
FREE_BYTES = 2_000_000_000
GET_JAVA = "Installez-le : `apt-get install openjdk-17-jre-headless`."
GET_MAVEN = "Installez-le : `apt-get install maven`."


def kafka_jars(cache: Path, say: Say) -> Path:
    """Return the folder of Kafka's jars, copying them from Maven Central at the first use."""
    target = cache / "downloads" / "kafka"
    if (target / ".complete").exists():
        return target
    require_java()
    if shutil.which("mvn") is None:
        raise ServiceError(f"Maven est nécessaire pour obtenir Kafka, une seule fois. {GET_MAVEN}")
    require_writable(cache)
    with alone(cache / "downloads" / "kafka.lock", say):
        if (target / ".complete").exists():
            return target
        say("Téléchargement de Kafka 4.3.0 (Maven Central, 44 Mo) ...")
        shutil.rmtree(target, ignore_errors=True)
        _run(
            ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
            + ["-DincludeScope=runtime", f"-DoutputDirectory={target}"],
            "Maven n'a pas pu obtenir Kafka (le réseau est-il là ?)",
        )
        (target / ".complete").touch()
    return target


def java_version() -> int | None:
    """Return the major version of the `java` on the path, 0 if it does not say, None if there is no `java`."""
    try:
        done = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(found.group(1)) if found else 0


def require_java() -> int:
    """Return the major version of `java`; ServiceError if it is missing or older than 17."""
    major = java_version()
    if major is None:
        raise ServiceError(f"Java {JAVA} ou plus récent est nécessaire à Kafka, et il n'y a pas de `java`. {GET_JAVA}")
    if major < JAVA:
        found = f"Java {major}" if major else "un `java` qui ne dit pas sa version"
        raise ServiceError(f"Kafka demande Java {JAVA} ou plus récent ; {found} a été trouvé. {GET_JAVA}")
    return major


def postgres_rootfs(cache: Path, say: Say) -> Path:
    """Return a Debian folder with PostgreSQL 17 and TimescaleDB, built by mmdebstrap at the first use."""
    target = cache / "rootfs"
    require_root()
    if (target / ".complete").exists():
        return target
    require_writable(cache)
    with alone(cache / "rootfs.lock", say):
        if (target / ".complete").exists():
            return target
        if shutil.which("mmdebstrap") is None:
            say("Installation de mmdebstrap ...")
            for step in (["update", "-q"], ["install", "-y", "-q", "mmdebstrap"]):
                _run(["apt-get", *step], "mmdebstrap n'a pas pu être installé (le réseau est-il là ?)")
        say("Installation de PostgreSQL 17 et TimescaleDB (paquets Debian, 530 Mo) ...")
        _remove_unfinished(target)
        _run(
            ["mmdebstrap", "--quiet", "--variant=apt", "--include=postgresql-17,postgresql-17-timescaledb"]
            + ["trixie", str(target)],
            "PostgreSQL n'a pas pu être installé (le réseau est-il là ?)",
        )
        (target / ".complete").touch()
    return target


def _remove_unfinished(target: Path) -> None:
    """Remove what an interrupted installation left; never through a mount, which may be the machine's own /dev."""
    if mounts := mounted_under(target):
        raise ServiceError(
            f"Une installation interrompue a laissé des montages dans {target} : `umount {' '.join(mounts)}`, "
            "puis relancez."
        )
    if target.exists():
        shutil.rmtree(target)


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
        raise ServiceError(
            f"Le dossier {folder} n'est pas accessible en écriture ({error.strerror}). "
            "Vérifiez ses droits, ou donnez un autre dossier par QUARTIERS_CACHE."
        ) from error
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise ServiceError(
            f"Il reste {free / 1e9:.1f} Go sur le disque de {folder} ; il en faut {FREE_BYTES / 1e9:.0f} au moins. "
            "Faites de la place, ou donnez un autre dossier par QUARTIERS_CACHE."
        )


def _run(command: Sequence[str], failure: str) -> None:
    """Run an installer. After Ctrl-C it is given the time to put away what it had begun."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            output, _ = child.communicate()
        except BaseException:
            child.terminate()
            child.communicate(timeout=60)
            raise
    if child.returncode:
        tail = "\n".join(output.splitlines()[-12:])
        raise ServiceError(f"{failure} :\n{tail}")
