"""The one settings class: where things are, on which ports, with which passwords.

An *instance* (demo, test, bench) is a folder with its own data, `ports.json` and `secrets.json`; several
run side by side and share only downloads. In compose, environment variables replace the files.
"""

import fcntl
import json
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]
LOST_FR = {
    "ports.json": "Arrêtez l'instance (`quartiers down`), supprimez ce fichier, puis `quartiers up` : "
    "d'autres ports seront choisis.",
    "secrets.json": "Il contient les mots de passe de la base et de Kafka : remettez-le depuis une sauvegarde. "
    "Sans elle, l'instance est perdue : `quartiers down`, supprimez son dossier, puis `quartiers up` "
    "(les données repartent de zéro). Rien n'a été changé.",
    "public.json": "Supprimez ce fichier, puis redites le nom public : `quartiers certificates --host NOM`.",
}
LOOPBACK = ("127.0.0.1", "localhost")


class SettingsError(RuntimeError):
    """A file of the instance cannot be read or written; the message, in French, says what to do."""


def _free_port() -> int:
    """Return a free port below those that the kernel gives to outgoing connections.

    A client that tries again while the broker is down may otherwise be given the broker's own port.
    """
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest_outgoing = int(given.read_text().split()[0]) if given.exists() else 32_768
    for _ in range(200):
        port = 10_000 + secrets.randbelow(max(1_000, lowest_outgoing - 10_000))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no free port found on 127.0.0.1")


@dataclass(frozen=True)
class Settings:
    """Where one instance lives and how to reach it."""

    instance: str
    cache_dir: Path
    database_name: str = "quartiers"

    @classmethod
    def load(cls, instance: str | None = None) -> "Settings":
        """Return the settings of an instance (default: QUARTIERS_INSTANCE, else `demo`).

        Raises SettingsError for a name that is no plain folder name.
        """
        name = instance or os.environ.get("QUARTIERS_INSTANCE", "demo")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}", name):
            raise SettingsError(f"« {name} » n'est pas un nom d'instance : des lettres, des chiffres, - et _.")
        return cls(
            instance=name,
            cache_dir=Path(os.environ.get("QUARTIERS_CACHE", ROOT / ".cache")).absolute(),
            database_name=os.environ.get("QUARTIERS_DATABASE_NAME", "quartiers"),
        )

    @property
    def instance_dir(self) -> Path:
        """The folder with this instance's data, logs, ports and passwords."""
        return self.cache_dir / "instances" / self.instance

    def port(self, service: str) -> int:
        """Return the service's loopback port: chosen free once, then remembered."""
        if given := os.environ.get(f"QUARTIERS_{service.upper()}_PORT"):
            return int(given)
        return int(self._remembered("ports.json", service, lambda: str(_free_port())))

    def release_port_if_taken(self, service: str) -> bool:
        """Forget a remembered port on which a stranger listens, and return whether: `port()` then chooses another.

        Raises SettingsError if the environment asks for a port that is taken.
        """
        port = self.port(service)
        if port_is_free(port):
            return False
        variable = f"QUARTIERS_{service.upper()}_PORT"
        if variable in os.environ:
            raise SettingsError(f"Le port {port}, demandé par {variable}, est pris par un autre programme.")
        with self._alone():
            self._write("ports.json", {k: v for k, v in self._read("ports.json").items() if k != service})
        return True

    def password(self, principal: str) -> str:
        """Return a principal's password, generated once into a file of mode 600."""
        if given := os.environ.get(f"QUARTIERS_PASSWORD_{principal.upper().replace('-', '_')}"):
            return given
        return self._remembered("secrets.json", principal, lambda: secrets.token_urlsafe(24))

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port` of the broker's client listener."""
        return os.environ.get("QUARTIERS_KAFKA_BOOTSTRAP") or f"127.0.0.1:{self.port('kafka')}"

    @property
    def public_host(self) -> str:
        """The name by which landlords reach this instance; of this machine alone unless one was given."""
        return os.environ.get("QUARTIERS_PUBLIC_HOST") or self._read("public.json").get("host", LOOPBACK[0])

    def remember_public_host(self, host: str) -> None:
        """Keep the name by which landlords reach this instance."""
        with self._alone():
            self._write("public.json", {"host": host})

    @property
    def listen_address(self) -> str:
        """Where the encrypted ports listen: on loopback only, unless a public name says that others shall come."""
        return "127.0.0.1" if self.public_host in LOOPBACK else "0.0.0.0"  # noqa: S104

    def public_address(self, service: str) -> str:
        """`host:port` by which landlords reach an encrypted port."""
        return f"{self.public_host}:{self.port(service)}"

    def database_dsn(self, role: str, database: str | None = None) -> str:
        """Return the connection URI of a role on a database (default: this instance's)."""
        host = os.environ.get("QUARTIERS_DATABASE_HOST", "127.0.0.1")
        name = database or self.database_name
        return f"postgresql://{role}:{quote(self.password(role))}@{host}:{self.port('postgres')}/{name}"

    def remembers(self, file: str, key: str) -> bool:
        """Return whether `ports.json` or `secrets.json` knows the key, making nothing. Raises SettingsError."""
        return key in self._read(file)

    def _remembered(self, file: str, key: str, make: Callable[[], str]) -> str:
        values = self._read(file)
        if key not in values:
            with self._alone():
                values = self._read(file)
                if key not in values:
                    values[key] = make()
                    self._write(file, values)
        return values[key]

    def _read(self, file: str) -> dict[str, str]:
        """Return what a file remembers. A file that cannot be read is never taken for an empty one."""
        path = self.instance_dir / file
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SettingsError(f"{path} ne peut pas être lu ({error.strerror}).") from error
        except ValueError as error:
            raise SettingsError(f"{path} est abîmé : ce n'est pas du JSON. {LOST_FR[file]}") from error
        if not isinstance(values, dict) or not all(_sound(file, value) for value in values.values()):
            raise SettingsError(f"{path} est abîmé : son contenu n'est pas celui qui fut écrit. {LOST_FR[file]}")
        return values

    def _write(self, file: str, values: dict[str, str]) -> None:
        """Replace a file at once and for good: after a power cut it is the old one or the new one, whole."""
        fresh = self.instance_dir / f"{file}.new"
        try:
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                json.dump(values, handle, indent=1)
                handle.flush()
                os.fsync(descriptor)
            fresh.replace(self.instance_dir / file)
        except OSError as error:
            raise SettingsError(f"{self.instance_dir / file} ne peut pas être écrit ({error.strerror}).") from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from writing between our reading and our writing."""
        try:
            self.instance_dir.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.instance_dir / ".settings.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingsError(
                f"Le dossier {self.instance_dir} n'est pas accessible en écriture ({error.strerror})."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _sound(file: str, value: object) -> bool:
    """Return whether a remembered value is a text, and a port where one is expected."""
    if not isinstance(value, str) or not value:
        return False
    return file != "ports.json" or (value.isdecimal() and 0 < int(value) < 65_536)


def port_is_free(port: int) -> bool:
    """Return whether a service may listen on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
