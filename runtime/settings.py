"""The one settings class: where things are, on which ports, with which passwords.

An *instance* (demo, test, bench) is a folder with its own data, `ports.json` and `secrets.json`; several
run side by side and share only downloads. In compose, environment variables replace the files.
"""

import json
import os
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[1]


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
        """Return the settings of an instance (default: QUARTIERS_INSTANCE, else `demo`)."""
        return cls(
            instance=instance or os.environ.get("QUARTIERS_INSTANCE", "demo"),
            cache_dir=Path(os.environ.get("QUARTIERS_CACHE", ROOT / ".cache")),
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

    def release_port_if_taken(self, service: str) -> None:
        """Forget a remembered port on which a stranger listens: the next `port()` chooses another."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port(service)))
            except OSError:
                self._write("ports.json", {k: v for k, v in self._read("ports.json").items() if k != service})

    def password(self, principal: str) -> str:
        """Return a principal's password, generated once into a file of mode 600."""
        if given := os.environ.get(f"QUARTIERS_PASSWORD_{principal.upper().replace('-', '_')}"):
            return given
        return self._remembered("secrets.json", principal, lambda: secrets.token_urlsafe(24))

    @property
    def kafka_bootstrap(self) -> str:
        """`host:port` of the broker's client listener."""
        return os.environ.get("QUARTIERS_KAFKA_BOOTSTRAP", f"127.0.0.1:{self.port('kafka')}")

    def database_dsn(self, role: str, database: str | None = None) -> str:
        """Return the connection URI of a role on a database (default: this instance's)."""
        host = os.environ.get("QUARTIERS_DATABASE_HOST", "127.0.0.1")
        name = database or self.database_name
        return f"postgresql://{role}:{quote(self.password(role))}@{host}:{self.port('postgres')}/{name}"

    def _remembered(self, file: str, key: str, make: Callable[[], str]) -> str:
        values = self._read(file)
        if key not in values:
            values[key] = make()
            self._write(file, values)
        return values[key]

    def _read(self, file: str) -> dict[str, str]:
        path = self.instance_dir / file
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _write(self, file: str, values: dict[str, str]) -> None:
        path = self.instance_dir / file
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            json.dump(values, handle, indent=1)
        fresh.replace(path)
